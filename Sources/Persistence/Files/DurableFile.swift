import Glibc

/// File operations that survive a loss of power: each creation or rename is followed by a sync of its directory.
enum DurableFile {
    /// Creates `directory` and its parents where missing, for this user only.
    static func makeDirectory(_ directory: String) throws(StoreError) {
        if unsafe access(directory, F_OK) == 0 { return }
        let parent = Self.parent(of: directory)
        if parent != directory { try makeDirectory(parent) }
        guard unsafe mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw .system("mkdir", errno, path: directory)
        }
        try synchronize(directory: parent)
    }

    /// Makes an empty file for this user only where there is none, so that whoever opens it next widens nothing.
    static func make(_ path: String) throws(StoreError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return }
            throw .system("open", errno, path: path)
        }
        close(descriptor)
    }

    /// Makes the entries of `directory` durable.
    static func synchronize(directory: String) throws(StoreError) {
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open", errno, path: directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("fsync", errno, path: directory) }
    }

    /// Makes the content of an existing file durable.
    static func synchronize(file path: String) throws(StoreError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open", errno, path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("fsync", errno, path: path) }
    }

    /// Replaces `path` by `bytes`: after a loss of power it holds the old content or the new, never a part.
    static func replace(_ path: String, with bytes: [UInt8]) throws(StoreError) {
        let temporary = path + ".new"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("open", errno, path: temporary) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path: temporary)
        guard fsync(descriptor) == 0 else { throw .system("fsync", errno, path: temporary) }
        guard unsafe rename(temporary, path) == 0 else { throw .system("rename", errno, path: path) }
        try synchronize(directory: parent(of: path))
    }

    /// - Returns: nil when there is no such file or it is longer than `maximumBytes`.
    static func read(_ path: String, maximumBytes: Int) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 { return nil }
            if count == 0 { return content }
            content += chunk[..<count]
            if content.count > maximumBytes { return nil }
        }
    }

    /// The names in `directory`; none where it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(StoreError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("write", errno, path: path)
            }
            rest = rest.dropFirst(count)
        }
    }
}
