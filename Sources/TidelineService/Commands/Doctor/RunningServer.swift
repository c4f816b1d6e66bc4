import Glibc
import Networking
import Persistence

/// The server that holds the data directory, if there is one: by its lock and its control socket.
struct RunningServer {
    /// nil: none holds the directory.
    let processID: Int32?
    /// Whether its control socket answers, and what it says of being ready.
    let readiness: HTTPReply?

    init(_ configuration: ServiceConfiguration) {
        let address = SocketAddress.unix(path: configuration.storage.controlSocketPath)
        let client = BlockingHTTPClient(address, timeout: .seconds(5))
        // No answer is a finding of its own.
        readiness = try? client.exchange(.get("/readyz"))
        processID = Self.holder(of: configuration.logSettings.directory + "/lock")
    }

    /// Who holds an flock on `path`, as the kernel lists it. Trying the lock would, for that moment, keep a server from starting.
    private static func holder(of path: String) -> Int32? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, let locks = ProcText.read("/proc/locks") else { return nil }
        for line in locks.split(separator: "\n") {
            // 1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", words[5].hasSuffix(":\(status.st_ino)") else { continue }
            return Int32(words[4])
        }
        return nil
    }

    /// The hard limit of its descriptors; nil where that cannot be read.
    var descriptorLimit: Int? {
        guard let processID, let limits = ProcText.read("/proc/\(processID)/limits") else { return nil }
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        // Name, soft limit, hard limit, unit: after raising the soft one, serve lives by that.
        return line?.split(separator: " ").dropFirst(3).first.flatMap { Int($0) }
    }
}

/// Small files that the kernel makes up.
enum ProcText {
    static func read(_ path: String) -> String? {
        // What is not there on this kernel, or not shown in this container, is not judged.
        (try? FileReader.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }

    static func integer(_ path: String) -> Int? {
        read(path).flatMap { Int($0.split(whereSeparator: \.isWhitespace).first ?? "") }
    }
}
