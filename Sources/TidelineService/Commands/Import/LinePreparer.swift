import Access
import Events

/// Turns a line of a file into an item of a batch, on bytes and without building a tree.
///
/// - Only the members that an event may have are kept, as they were spelled; the server judges their values. A line of
///   `tideline export` thus becomes the event it once was.
/// - A line without `eventId` gets one that is made of its number and bytes, so that a repeated import stores nothing
///   twice.
/// - `workspace.created` and `workspace.updated` of an export are left out: the workspace that is imported into has
///   its own slug and zone.
///
/// Costs about a microsecond a line, so that an import is bounded by the log and not by its client.
struct LinePreparer {
    enum Outcome: Equatable {
        /// The item is in ``item``.
        /// - Parameters:
        ///   - workspace: as the line names it; nil where it does not.
        ///   - isExported: whether the line is an envelope, as `tideline export` writes them.
        case event(workspace: WorkspaceID?, isExported: Bool)
        case blank
        /// An exported event about the workspace itself.
        case leftOut
        case refused(code: String, detail: String)
    }

    /// The last item; without a line end.
    private(set) var item: [UInt8] = []
    private var hashed: [UInt8] = []

    private static let kept = ["eventType", "eventData", "userId", "sessionId", "occurredAt"].map { Array($0.utf8) }
    private static let eventType = Array("eventType".utf8)
    private static let eventID = Array("eventId".utf8)
    private static let workspaceID = Array("workspaceId".utf8)
    private static let sequence = Array("seq".utf8)
    private static let receivedAt = Array("receivedAt".utf8)

    /// What was seen of a line.
    private struct Findings {
        var hasEventID = false
        var hasSequence = false
        var hasReceivedAt = false
        /// The members that decide hold an escape: the line must be decoded.
        var needsDecoding = false
        var type = 0..<0
        var workspace = 0..<0
    }

    /// Prepares the line that is `range` of `buffer`.
    /// - Parameter number: the line's, from 1.
    mutating func prepare(_ buffer: [UInt8], _ range: Range<Int>, number: Int) -> Outcome {
        let line = buffer.span.extracting(range)
        guard JSONSkimmer.skipSpace(line, 0) < line.count else { return .blank }
        item.removeAll(keepingCapacity: true)
        var findings = Findings()
        let isObject = JSONSkimmer.members(of: line) { key, value in
            note(key, value, of: line, in: buffer, at: range.lowerBound, &findings)
        }
        guard isObject, !findings.needsDecoding else { return decode(Array(buffer[range]), number: number) }
        return finish(buffer, range, findings, number: number)
    }

    // MARK: Members

    @inline(__always)
    private mutating func note(
        _ key: Range<Int>, _ value: Range<Int>, of line: Span<UInt8>, in buffer: [UInt8], at start: Int,
        _ findings: inout Findings
    ) {
        for index in key where line[index] == UInt8(ascii: "\\") { findings.needsDecoding = true }
        let isNull = line[value.lowerBound] == UInt8(ascii: "n")
        if JSONSkimmer.isEqual(line, key, Self.eventID) {
            // null counts as absent, and a second eventId beside ours would be a duplicate key.
            if isNull { return }
            findings.hasEventID = true
        } else if JSONSkimmer.isEqual(line, key, Self.workspaceID) {
            for index in value where line[index] == UInt8(ascii: "\\") { findings.needsDecoding = true }
            if !isNull { findings.workspace = value }
            return
        } else if Self.kept.contains(where: { JSONSkimmer.isEqual(line, key, $0) }) {
            if JSONSkimmer.isEqual(line, key, Self.eventType) { findings.type = value }
        } else {
            if JSONSkimmer.isEqual(line, key, Self.sequence) { findings.hasSequence = true }
            if JSONSkimmer.isEqual(line, key, Self.receivedAt) { findings.hasReceivedAt = true }
            return
        }
        item.append(item.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
        item.append(contentsOf: buffer[(start + key.lowerBound - 1)..<(start + value.upperBound)])
    }

    private mutating func finish(
        _ buffer: [UInt8], _ range: Range<Int>, _ findings: Findings, number: Int
    ) -> Outcome {
        let isExported = findings.hasSequence && findings.hasReceivedAt
        if isExported, buffer[shifted(findings.type, range)].starts(with: "\"workspace.".utf8) { return .leftOut }
        var workspace: WorkspaceID?
        if !findings.workspace.isEmpty {
            workspace = Self.workspace(buffer[shifted(findings.workspace, range)])
            guard workspace != nil else { return Self.badWorkspace }
        }
        if !findings.hasEventID { addIdentifier(buffer[range], number: number) }
        item.append(UInt8(ascii: "}"))
        return .event(workspace: workspace, isExported: isExported)
    }

    private func shifted(_ part: Range<Int>, _ line: Range<Int>) -> Range<Int> {
        (line.lowerBound + part.lowerBound)..<(line.lowerBound + part.upperBound)
    }

    /// A string, or a number of digits alone, as ids may be given.
    private static func workspace(_ value: ArraySlice<UInt8>) -> WorkspaceID? {
        if value.first == UInt8(ascii: "\""), value.count >= 2 {
            return WorkspaceID(bytes: value.dropFirst().dropLast())
        }
        return value.allSatisfy { (48...57).contains($0) } ? WorkspaceID(bytes: value) : nil
    }

    /// `imp-`, the line's number, `-` and 96 bits of SHA-256 over number and bytes.
    ///
    /// The number comes first so that the ids of an import ascend: at random places, each of a million ids would have the
    /// log rewrite another page of its index.
    private mutating func addIdentifier(_ line: ArraySlice<UInt8>, number: Int) {
        hashed.removeAll(keepingCapacity: true)
        hashed.append(decimal: Int64(number))
        hashed.append(UInt8(ascii: ":"))
        hashed.append(contentsOf: line)
        item.append(text: item.isEmpty ? #"{"eventId":"imp-"# : #","eventId":"imp-"#)
        for shift in stride(from: 44, through: 0, by: -4) {
            item.append(Self.hexadecimal(UInt8(truncatingIfNeeded: number >> shift) & 15))
        }
        item.append(UInt8(ascii: "-"))
        for byte in OpenSSLDigest.sha256(hashed).prefix(12) {
            item.append(Self.hexadecimal(byte >> 4))
            item.append(Self.hexadecimal(byte & 15))
        }
        item.append(UInt8(ascii: "\""))
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 48 + digit : 87 + digit }

    // MARK: Decoding

    /// The way of lines with escaped names, and of those that are no object: slow, and it knows what is wrong.
    private mutating func decode(_ line: [UInt8], number: Int) -> Outcome {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(scanning: line, limits: .stored)
        } catch {
            let code = error.reason == .duplicateKey ? "duplicate_key" : "invalid_json"
            return .refused(code: code, detail: "not JSON: \(error.reason.rawValue) at byte \(error.offset)")
        }
        guard document.root.kind == .object else {
            return .refused(code: "invalid_payload", detail: "the line must be an object")
        }
        guard let plain = plain(document.root) else { return Self.badWorkspace }
        return prepare(plain, 0..<plain.count, number: number)
    }

    /// The same object with its names and its workspace decoded, so that nothing is left to decode; without members
    /// whose names would have to be escaped again, which are none of ours.
    /// - Returns: nil when `workspaceId` is no id.
    private func plain(_ object: JSONValue) -> [UInt8]? {
        var plain = [UInt8(ascii: "{")]
        for member in object.members {
            let name = member.name
            guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"") }) else {
                continue
            }
            if plain.count > 1 { plain.append(UInt8(ascii: ",")) }
            plain.append(jsonString: name)
            plain.append(UInt8(ascii: ":"))
            if name == "workspaceId", !member.value.isNull {
                let text = member.value.string ?? member.value.integer.map(String.init)
                guard let workspace = text.flatMap({ WorkspaceID($0) }) else { return nil }
                plain.append(jsonString: workspace.text)
            } else {
                plain.append(contentsOf: member.value.rawBytes)
            }
        }
        return plain + [UInt8(ascii: "}")]
    }

    private static let badWorkspace = Outcome.refused(
        code: "invalid_id", detail: "/workspaceId must be 1–64 characters of A–Z a–z 0–9 . _ : -")
}
