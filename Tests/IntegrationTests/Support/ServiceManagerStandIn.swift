import CLinux
import Foundation
import Glibc

/// Plays systemd: holds a listening socket, starts servers on it, and hears what they tell (sd_notify(3)).
final class ServiceManagerStandIn: Sendable {
    /// What the servers said, a datagram each.
    let messages = Journal<String>(of: "notification")
    let data: TemporaryDirectory
    /// The port of the socket it holds; 0 for a Unix socket.
    let port: Int
    private let listener: Int32
    private let inbox: Int32
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - path: a Unix socket instead of a port of 127.0.0.1.
    ///   - type: what is passed; anything but SOCK_STREAM is a mistake.
    init(path: String? = nil, type: Int32 = Int32(SOCK_STREAM.rawValue)) throws {
        directory = try TemporaryDirectory("manager")
        data = try TemporaryDirectory("data")
        if let path {
            listener = try Self.bindUnix(path, type)
            port = 0
        } else {
            (listener, port) = try Self.bindLoopback(type)
        }
        if type == Int32(SOCK_STREAM.rawValue) { listen(listener, 4_096) }
        inbox = try Self.bindUnix(directory.file("notify"), Int32(SOCK_DGRAM.rawValue))
        let (inbox, messages) = (inbox, messages)
        Thread.detachNewThread {
            var chunk = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = unsafe recv(inbox, &chunk, chunk.count, 0)
                if count <= 0 { return messages.finish() }
                messages.append(String(decoding: chunk[..<count], as: UTF8.self))
            }
        }
    }

    deinit {
        shutdown(inbox, Int32(SHUT_RDWR))
        close(listener)
        close(inbox)
    }

    /// Starts a server on the socket, as descriptor 3.
    func launch(_ environment: [String: String] = [:], arguments: [String] = []) throws -> ChildProcess {
        // The pid is the shell's, which becomes the server.
        let script =
            #"export LISTEN_PID=${FORCED_PID:-$$} LISTEN_FDS=1 LISTEN_FDNAMES=http; exec "$0" "$@" 3<&0 </dev/null"#
        return try ChildProcess(
            "/bin/sh", ["-c", script, try ServerProcess.program, "serve", "--data", data.path] + arguments,
            environment: ServerProcess.whole(
                environment.merging(["NOTIFY_SOCKET": directory.file("notify")]) { own, _ in own }),
            input: dup(listener))
    }

    /// Starts a server and returns when it says that it is ready.
    func start(_ environment: [String: String] = [:], arguments: [String] = []) async throws -> ChildProcess {
        let heard = messages.elements.count
        let child = try launch(environment, arguments: arguments)
        do {
            _ = try await messages.first(from: heard, within: .seconds(20)) { $0.hasPrefix("READY=1") }
        } catch {
            throw WaitError(description: "\(error)\n\(child.errors.elements.joined(separator: "\n"))")
        }
        return child
    }

    private static func bindLoopback(_ type: Int32) throws -> (Int32, Int) {
        let descriptor = socket(AF_INET, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                let bound = unsafe bind(descriptor, generic, length)
                return bound == 0 ? unsafe getsockname(descriptor, generic, &length) : bound
            }
        }
        guard descriptor >= 0, result == 0 else { throw ConnectionError.system("bind", errno) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func bindUnix(_ path: String, _ type: Int32) throws -> Int32 {
        let descriptor = socket(AF_UNIX, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, result == 0 else { throw ConnectionError.system("bind", errno) }
        return descriptor
    }
}
