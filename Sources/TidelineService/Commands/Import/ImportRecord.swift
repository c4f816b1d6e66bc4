import Access
import Events

/// How far an import has come, in `DATA/imports/`, so that an interrupted one goes on where it was.
///
/// The name is a hash of what makes it the same import: the file's state, `--workspace`, and the epochs of the logs (a
/// log that was restored may lack what the record says is in it). Losing the record costs time only: repeated lines are
/// duplicates. It is removed at the end.
struct ImportRecord {
    let path: String

    struct Content: Equatable {
        /// Bytes of the file that are done, and lines with the blank ones.
        var offset: Int
        var line: Int
        var counts: ImportCounts
    }

    /// - Parameter directory: the data directory.
    init(directory: String, file: PlainFile.Status, workspace: WorkspaceID?, logs: [WorkspaceSummary]) {
        let epochs = logs.map { "\($0.id)=\($0.epoch)" }.sorted().joined(separator: " ")
        let identity = "\(file.identity) \(workspace?.text ?? "*") \(epochs)"
        let name = OpenSSLDigest.sha256(Array(identity.utf8)).prefix(12).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        path = "\(directory)/imports/\(name.joined()).json"
    }

    /// - Returns: nil when there is none, or it says nothing sensible.
    func load(fileBytes: Int) -> Content? {
        // Without a record the import starts at the beginning, which is always right.
        guard let bytes = try? FileReader.read(path), let root = try? JSONDocument(scanning: bytes).root,
            let offset = root["offset"]?.integer, let line = root["line"]?.integer, offset > 0, offset <= fileBytes,
            line > 0
        else { return nil }
        return Content(offset: Int(offset), line: Int(line), counts: ImportCounts(root))
    }

    /// - Returns: nil, or errno; an import goes on without.
    @discardableResult
    func save(_ content: Content) -> Int32? {
        if let code = PlainFile.makeDirectory(FileReader.directory(of: path)) { return code }
        var line = content.counts.json
        line.add("offset", Int64(content.offset))
        line.add("line", Int64(content.line))
        return PlainFile.replace(path, with: line.bytes + [UInt8(ascii: "\n")])
    }

    func remove() { PlainFile.remove(path) }
}
