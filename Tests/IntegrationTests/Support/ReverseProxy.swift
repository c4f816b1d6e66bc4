import Foundation

/// nginx or HAProxy with the very file of `Config/`, in which only addresses and paths are others.
final class ReverseProxy: Sendable {
    enum Kind: String, CaseIterable, Sendable { case nginx, haproxy }

    /// Where it speaks TLS, as configured.
    let securePort: Int
    /// The same rules without TLS, for clients that have none.
    let port: Int
    /// Where it sends browsers to TLS.
    let redirectPort: Int
    /// The certificate that it shows, and its own authority.
    let certificate: String
    private let child: ChildProcess
    private let directory: TemporaryDirectory

    static let isInstalled = ["/usr/sbin/nginx", "/usr/sbin/haproxy", "/usr/bin/openssl"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// - Parameters:
    ///   - retries: how often HAProxy tries a refused connection again, each second.
    ///   - names: what the certificate is for.
    static func start(
        _ kind: Kind, upstreamPort: Int, retries: Int = 20, names: String = "DNS:localhost,IP:127.0.0.1"
    ) async throws -> ReverseProxy {
        let directory = try TemporaryDirectory(kind.rawValue)
        try await makeCertificate(for: names, in: directory)
        let ports = (
            http: try NginxProxy.freePort(), secure: try NginxProxy.freePort(), plain: try NginxProxy.freePort()
        )
        let (program, arguments, sign): (String, [String], String)
        switch kind {
        case .nginx:
            let file = try nginxConfiguration(in: directory, ports, upstreamPort)
            try await check("/usr/sbin/nginx", ["-t", "-c", file, "-e", "stderr"])
            // Said after the listening sockets have been opened.
            (program, arguments, sign) = ("/usr/sbin/nginx", ["-c", file, "-e", "stderr"], "getrlimit")
        case .haproxy:
            let file = try haproxyConfiguration(in: directory, ports, upstreamPort, retries)
            try await check("/usr/sbin/haproxy", ["-c", "-f", file])
            (program, arguments, sign) = ("/usr/sbin/haproxy", ["-W", "-f", file], "Loading success")
        }
        let child = try ChildProcess(program, arguments)
        _ = try await child.errors.first(within: .seconds(10)) { $0.contains(sign) }
        return ReverseProxy(
            securePort: ports.secure, port: ports.plain, redirectPort: ports.http,
            certificate: directory.file("fullchain.pem"), child: child,
            directory: directory)
    }

    private init(
        securePort: Int, port: Int, redirectPort: Int, certificate: String, child: ChildProcess,
        directory: TemporaryDirectory
    ) {
        self.securePort = securePort
        self.port = port
        self.redirectPort = redirectPort
        self.certificate = certificate
        self.child = child
        self.directory = directory
    }

    var isRunning: Bool { child.isRunning }

    func stop() async throws {
        child.terminate()
        try await child.waitExit()
    }

    /// Its lines about requests, and what else it said; of a proxy that was stopped.
    func log() async throws -> String {
        try await child.errors.waitFinish()
        let requests = try? String(contentsOfFile: directory.file("tideline.log"), encoding: .utf8)
        return child.errors.elements.joined(separator: "\n") + (requests ?? "")
    }

    func client(token: String? = nil) -> HTTPTestClient {
        HTTPTestClient(port: port, token: token, within: .seconds(30))
    }

    // MARK: The files

    private static func nginxConfiguration(
        in directory: TemporaryDirectory, _ ports: (http: Int, secure: Int, plain: Int), _ upstream: Int
    ) throws -> String {
        let file = try substitute(
            "Config/nginx/tideline.conf",
            [
                ("/etc/ssl/tideline", directory.path), ("listen [::]:", "# "),
                (
                    "listen 443 ssl http2;",
                    "listen 127.0.0.1:\(ports.secure) ssl http2; listen 127.0.0.1:\(ports.plain);"
                ),
                ("listen 80;", "listen 127.0.0.1:\(ports.http);"), ("127.0.0.1:8080", "127.0.0.1:\(upstream)"),
                ("tideline.example.org", "localhost"), ("/var/log/nginx", directory.path),
            ], to: directory.file("tideline.conf"))
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory.path)/\($0);" }.joined(separator: " ")
        // One process, so that ending it ends everything.
        return try directory.write(
            """
            daemon off; master_process off; pid \(directory.path)/nginx.pid; error_log stderr notice;
            events { worker_connections 1024; }
            http { access_log off; \(temporary) include \(file); }
            """, to: "nginx.conf")
    }

    private static func haproxyConfiguration(
        in directory: TemporaryDirectory, _ ports: (http: Int, secure: Int, plain: Int), _ upstream: Int, _ retries: Int
    ) throws -> String {
        try substitute(
            "Config/haproxy/tideline.cfg",
            [
                ("/etc/haproxy/certs", directory.path), ("maxconn 40000", "maxconn 2000"),
                ("bind :443", "bind 127.0.0.1:\(ports.plain)\n    bind 127.0.0.1:\(ports.secure)"),
                ("bind :80", "bind 127.0.0.1:\(ports.http)"), ("127.0.0.1:8080", "127.0.0.1:\(upstream)"),
                ("retries 20", "retries \(retries)"), ("tideline.example.org", "localhost"),
            ], to: directory.file("haproxy.cfg"))
    }

    /// Each text must be there, or the file has changed under the test.
    private static func substitute(_ path: String, _ changes: [(String, String)], to target: String) throws -> String {
        var text = try String(contentsOfFile: Repository.file(path), encoding: .utf8)
        for (old, new) in changes {
            guard text.contains(old) else { throw WaitError(description: "\(path) has no \"\(old)\"") }
            text = text.replacing(old, with: new)
        }
        try text.write(toFile: target, atomically: true, encoding: .utf8)
        return target
    }

    private static func makeCertificate(for names: String, in directory: TemporaryDirectory) async throws {
        let (chain, key) = (directory.file("fullchain.pem"), directory.file("privkey.pem"))
        try await check(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=\(names)", "-keyout", key,
                "-out",
                chain,
            ])
        let both = try String(contentsOfFile: chain, encoding: .utf8) + String(contentsOfFile: key, encoding: .utf8)
        try directory.write(both, to: "tideline.pem")
    }

    private static func check(_ program: String, _ arguments: [String]) async throws {
        let child = try ChildProcess(program, arguments)
        guard try await child.waitExit() == 0 else {
            try await child.errors.waitFinish()
            throw WaitError(description: "\(program): \(child.errors.elements.joined(separator: "\n"))")
        }
    }
}

/// Files of the sources that are tested.
enum Repository {
    static func file(_ path: String) -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        return root.joined(separator: "/") + "/" + path
    }
}
