import Glibc

/// `DATA/secret`: the signing secret of an installation that configures none.
///
/// One line of base64url (32 random bytes), mode 0600, made once: its loss signs everyone out, its disclosure lets the
/// finder become anyone. Blocking calls; used at start and by commands, never on a loop.
package enum SecretFile {
    /// More than any sensible secret, so that a mistaken path is not read into memory.
    private static let maximumBytes = 4096

    /// Reads the secret at `path`, or makes it when there is none.
    ///
    /// Safe against a second process doing the same: the content is written and synced under another name, and linked
    /// to `path` only if that is still free; whoever comes second reads the first one's secret.
    package static func loadOrCreate(
        at path: String, using random: inout some RandomNumberGenerator
    ) throws(SecretError) -> Secret {
        if let secret = try load(at: path) { return secret }
        let secret = Secret(using: &random)
        let suffix = String(decoding: Base32.make(count: 10, using: &random), as: UTF8.self)
        let temporary = path + ".new-" + suffix
        try write(secret, to: temporary)
        let linked = unsafe link(temporary, path)
        let failure = errno
        _ = unsafe unlink(temporary)
        if linked != 0 {
            guard failure == EEXIST, let other = try load(at: path) else {
                throw .unavailable(path: path, action: "create", errno: failure)
            }
            return other
        }
        try syncDirectory(of: path)
        return secret
    }

    /// - Returns: nil when there is no file at `path`.
    /// - Throws: ``SecretError`` when it cannot be read, is open to others, or holds too little.
    package static func load(at path: String) throws(SecretError) -> Secret? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            if errno == ELOOP { throw .exposed(path: path) }
            throw .unavailable(path: path, action: "open", errno: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .unavailable(path: path, action: "examine", errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0 else { throw .exposed(path: path) }
        var bytes = try read(descriptor, path: path)
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        return try Secret(bytes: bytes)
    }

    private static func read(_ descriptor: Int32, path: String) throws(SecretError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: maximumBytes)
        while bytes.count < maximumBytes {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unavailable(path: path, action: "read", errno: errno) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    private static func write(_ secret: Secret, to path: String) throws(SecretError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unavailable(path: path, action: "create", errno: errno) }
        defer { close(descriptor) }
        let line = secret.bytes + [UInt8(ascii: "\n")]
        guard unsafe Glibc.write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            let failure = errno
            _ = unsafe unlink(path)
            throw .unavailable(path: path, action: "write", errno: failure)
        }
    }

    /// The name of a file is durable only once its directory is.
    private static func syncDirectory(of path: String) throws(SecretError) {
        let parts = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
        let directory = parts.map { $0.isEmpty ? "/" : $0 } ?? "."
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unavailable(path: directory, action: "open", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .unavailable(path: directory, action: "sync", errno: errno) }
    }
}
