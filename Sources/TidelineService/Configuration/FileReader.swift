import Glibc

/// Reads small files whole; blocking, for the start of the process only.
enum FileReader {
    /// Far more than a configuration needs; a mistaken path is not read into memory.
    static let maximumBytes = 1_048_576

    struct Failure: Error, CustomStringConvertible {
        let path: String
        let reason: String
        var description: String { "cannot read \(path): \(reason)" }
    }

    static func read(_ path: String, maximumBytes: Int = maximumBytes) throws(Failure) -> [UInt8] {
        // A pipe of the shell's (`<(…)`) is read to its end; another waits for its writer, for ever if there is none.
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO, !path.hasPrefix("/dev/fd/") {
            throw Failure(path: path, reason: "it is no regular file")
        }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else {
                throw Failure(path: path, reason: "it is larger than \(SizeText.format(maximumBytes))")
            }
        }
    }

    /// The directory that holds `path`.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ path: String) -> Failure {
        let reason =
            switch errno {
            case ENOENT: "there is no such file"
            case EACCES: "permission denied"
            case EISDIR: "it is a directory"
            default: "error \(errno)"
            }
        return Failure(path: path, reason: reason)
    }
}

/// The environment this process was started with.
package enum ProcessEnvironment {
    /// Its variables. Read from the kernel's copy, since `environ` is a global that anyone may change.
    package static func variables() -> [String: String] {
        // Without /proc there is no environment to read, and the defaults hold.
        guard let bytes = try? FileReader.read("/proc/self/environ", maximumBytes: 4 * FileReader.maximumBytes) else {
            return [:]
        }
        var variables: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            variables[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        return variables
    }
}
