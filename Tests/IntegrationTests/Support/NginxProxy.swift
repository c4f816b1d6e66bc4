import Foundation
import Glibc

/// An nginx in front of a server, with the defaults people have (HTTP/1.0 upstream, buffering on) or with directives.
final class NginxProxy: Sendable {
    let port: Int
    private let directory: TemporaryDirectory
    private let child: ChildProcess

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    private static let program = "/usr/sbin/nginx"

    /// - Parameter directives: lines for the `location` block, for instance `proxy_http_version 1.1;`.
    static func start(upstreamPort: Int, directives: String = "") async throws -> NginxProxy {
        let directory = try TemporaryDirectory("nginx")
        let port = try freePort()
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory.path)/\($0);" }.joined(separator: "\n  ")
        // One process, so that ending it ends everything.
        let configuration = """
            daemon off;
            master_process off;
            pid \(directory.path)/nginx.pid;
            error_log stderr notice;
            events { worker_connections 1024; }
            http {
              access_log off;
              \(paths)
              server {
                listen 127.0.0.1:\(port);
                location / {
                  proxy_pass http://127.0.0.1:\(upstreamPort);
                  \(directives)
                }
              }
            }
            """
        let file = try directory.write(configuration, to: "nginx.conf")
        let child = try ChildProcess(program, ["-p", directory.path, "-c", file, "-e", "stderr"])
        // Said after the listening sockets have been opened.
        _ = try await child.errors.first(within: .seconds(10)) { $0.contains("getrlimit") }
        return NginxProxy(port: port, directory: directory, child: child)
    }

    private init(port: Int, directory: TemporaryDirectory, child: ChildProcess) {
        self.port = port
        self.directory = directory
        self.child = child
    }

    /// Lines of its error log.
    var log: [String] { child.errors.elements }

    func stop() async throws {
        child.terminate()
        try await child.waitExit()
    }

    /// A port that nobody listened on a moment ago.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ConnectionError.system("socket", errno) }
        defer { close(descriptor) }
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
        guard result == 0 else { throw ConnectionError.system("bind", errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
