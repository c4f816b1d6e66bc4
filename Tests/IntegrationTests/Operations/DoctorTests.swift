import Foundation
import Testing

/// `tideline doctor` on real machines, servers and proxies, healthy and not.
@Suite(.timeLimit(.minutes(2))) struct DoctorTests {
    private typealias Report = (status: Int32, findings: [String: TestJSON])

    private func doctor(
        _ arguments: [String] = [], data: TemporaryDirectory, _ environment: [String: String] = [:]
    ) async throws -> Report {
        let ended = try await ServerProcess.run(
            ["doctor", "--json", "--data", data.path] + arguments, environment, within: .seconds(60))
        let findings = try TestJSON(ended.output.joined(separator: "\n")).array
        for finding in findings {
            let isGood = finding["status"].string == "ok"
            #expect(isGood == finding["remedy"].isNull, "whoever is warned is told what to do: \(finding)")
        }
        return (ended.status, Dictionary(findings.map { ($0["check"].string ?? "", $0) }) { _, last in last })
    }

    private func isOK(_ report: Report, _ checks: String...) -> Bool {
        checks.allSatisfy { report.findings[$0]?["status"].string == "ok" }
    }

    private func status(_ report: Report, _ check: String) -> String {
        "\(report.findings[check]?["status"].string ?? "not looked at"): \(report.findings[check]?["detail"].string ?? "")"
    }

    @Test func `a machine without a server is looked at, and nothing is made`() async throws {
        let directory = try TemporaryDirectory("doctor")
        let data = directory.file("data")

        let ended = try await ServerProcess.run(["doctor", "--data", data, "--listen", "127.0.0.1:0"])
        let report = try await ServerProcess.run(["doctor", "--data", data])

        #expect(ended.status == 2, "an option of another command")
        #expect(report.output.contains { $0.hasPrefix("ok    data.directory") })
        #expect(report.errors.last?.hasSuffix(" fail") == true)
        #expect(!FileManager.default.fileExists(atPath: data))
    }

    @Test func `a running server is recognised by its lock, its socket and its address`() async throws {
        let scene = try await StreamScene.start()
        let listen = ["TIDELINE_SERVER_LISTEN": "127.0.0.1:\(scene.server.port)"]

        let report = try await doctor(["--deep"], data: scene.server.data, listen)

        #expect(isOK(report, "server", "server.listen", "data.modes", "database.integrity", "database.wal"))
        #expect(status(report, "server").contains("process \(scene.server.processID) is ready"))
        #expect(status(report, "database.integrity").contains("1 workspaces, none missing"))
        #expect(status(report, "machine.descriptors").contains("the running server has"))
    }

    @Test func `what is broken fails: database, secret, address`() async throws {
        let server = try await ServerProcess.start(["TIDELINE_AUTH_JWT_SECRET": ""])
        let data = server.data
        _ = try await ControlSocket.send("POST", "/control/workspaces", ["slug": "broken"], to: server)
        let other = try await StreamScene.start()
        server.terminate()
        try await server.waitExit()
        let database = try LogDatabase(data, isWritable: true)
        try database.rows("DELETE FROM events WHERE seq = 1")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: data.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: data.file("secret"))

        let report = try await doctor(
            data: data, ["TIDELINE_SERVER_LISTEN": "127.0.0.1:\(other.server.port)"])

        #expect(report.status == 1)
        for check in ["database.quick", "data.modes", "server.listen"] {
            #expect(status(report, check).hasPrefix("fail"), "\(check): \(status(report, check))")
        }
        #expect(status(report, "database.quick").contains("should hold every event from 1 to"))
        #expect(status(report, "server.listen").contains("another data directory"))
        #expect(report.findings["data.modes"]?["remedy"].string?.hasPrefix("chmod go=") == true)
    }

    @Test(
        .enabled(if: ReverseProxy.isInstalled, "nginx or haproxy is not installed"),
        arguments: ReverseProxy.Kind.allCases)
    func `through our own proxy configurations a canary finds nothing wrong`(kind: ReverseProxy.Kind) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await ReverseProxy.start(kind, upstreamPort: scene.server.port)
        let url = "https://localhost:\(proxy.securePort)/"

        let report = try await doctor(["--url", url, "--ca-file", proxy.certificate], data: scene.server.data)
        let untrusted = try await doctor(["--url", url], data: scene.server.data)
        #expect(
            isOK(
                report, "url", "url.tls", "url.clock", "url.headers", "url.buffering", "url.resume", "url.body"),
            "\(report.findings)")
        #expect(report.status == 0 && status(report, "url.tls").contains("HTTP/2"))
        #expect(untrusted.status == 1 && status(untrusted, "url").contains("not trusted"))
        // Nobody's figures have heard of it.
        let snapshot = try await scene.snapshot()
        #expect(snapshot["data"]["eventCounts"]["user.action"].isNull)
    }

    @Test(
        .enabled(if: ReverseProxy.isInstalled, "nginx or haproxy is not installed"),
        arguments: [("DNS:other.example", "localhost"), ("DNS:localhost", "127.0.0.1")])
    func `a certificate for somebody else is not trusted`(names: String, host: String) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await ReverseProxy.start(.nginx, upstreamPort: scene.server.port, names: names)

        let report = try await doctor(
            ["--url", "https://\(host):\(proxy.securePort)", "--ca-file", proxy.certificate], data: scene.server.data)

        #expect(report.status == 1 && status(report, "url").contains("mismatch"), "\(status(report, "url"))")
    }

    /// What a proxy may do wrong, and which check notices.
    static let mistakes: [(String, String, String)] = [
        ("gzip on; gzip_types text/event-stream; gzip_proxied any; gzip_min_length 0;", "url.headers", "fail"),
        ("proxy_set_header Last-Event-ID '';", "url.resume", "fail"),
        ("client_max_body_size 1m;", "url.body", "warn"),
        ("proxy_hide_header Cache-Control;", "url.headers", "warn"),
    ]

    @Test(.enabled(if: NginxProxy.isInstalled, "nginx is not installed"), arguments: mistakes)
    func `a proxy that harms streams is found out`(directives: String, check: String, expected: String) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await NginxProxy.start(
            upstreamPort: scene.server.port,
            directives: "proxy_http_version 1.1; proxy_set_header Connection ''; " + directives)

        let report = try await doctor(["--url", "http://127.0.0.1:\(proxy.port)"], data: scene.server.data)

        #expect(status(report, check).hasPrefix(expected), "\(check): \(report.findings)")
        #expect(report.status == (expected == "fail" ? 1 : 0))
    }

    /// Passes requests on at once, and answers in pieces of 16 KiB; the first piece at once where it is told so.
    private static let buffering = """
        import socket, sys, threading
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        def relay(source, target, least, isHasty):
            held = b""
            while data := source.recv(65536):
                held += data
                if isHasty or len(held) >= least:
                    isHasty = False
                    target.sendall(held)
                    held = b""
            try:
                target.sendall(held)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            threading.Thread(target=relay, args=(client, server, 1, True), daemon=True).start()
            threading.Thread(target=relay, args=(server, client, 16384, sys.argv[2] == "body"), daemon=True).start()
        """

    @Test(arguments: [
        ("all", "url.headers", "the stream's headers did not come"),
        ("body", "url.buffering", "within"),
    ])
    func `a proxy that holds events back is found out`(held: String, check: String, said: String) async throws {
        let scene = try await StreamScene.start()
        let proxy = try ChildProcess(
            "/usr/bin/env", ["python3", "-c", Self.buffering, "\(scene.server.port)", held])
        let port = try await proxy.output.first { _ in true }.element

        let report = try await doctor(["--url", "http://127.0.0.1:\(port)"], data: scene.server.data)

        #expect(report.status == 1 && isOK(report, "url"))
        #expect(status(report, check).hasPrefix("fail") && status(report, check).contains(said), "\(report.findings)")
        #expect(report.findings[check]?["remedy"].string?.contains("proxy_buffering off") == true)
    }

    @Test(.enabled(if: NginxProxy.isInstalled, "nginx is not installed"))
    func `a proxy that cuts quiet streams is found out`() async throws {
        let scene = try await StreamScene.start()
        let proxy = try await NginxProxy.start(
            upstreamPort: scene.server.port, directives: "proxy_http_version 1.1; proxy_read_timeout 3s;")

        let report = try await doctor(["--idle", "--url", "http://127.0.0.1:\(proxy.port)"], data: scene.server.data)

        #expect(status(report, "url.idle").hasPrefix("fail") && report.status == 1, "\(report.findings)")
        #expect(isOK(report, "url.buffering"))
    }

    @Test func `a credential that is not good, and one of somebody's own, are told apart`() async throws {
        let scene = try await StreamScene.start()
        let url = ["--url", "http://127.0.0.1:\(scene.server.port)"]

        let bad = try await doctor(url + ["--token", "x.y.z"], data: scene.server.data)
        let foreign = try await doctor(url + ["--token", scene.token("ana")], data: scene.server.data)
        let own = try await doctor(
            url + ["--token", scene.token("ana"), "--workspace", scene.workspace], data: scene.server.data)
        let nothing = try await doctor(url, data: try TemporaryDirectory("data"), ["TIDELINE_AUTH_JWT_SECRET": ""])

        let variable = try await doctor(url, data: scene.server.data, ["TIDELINE_DOCTOR_TOKEN": "x.y.z"])

        #expect(variable.status == 1 && status(variable, "url.stream").contains("invalid_token"))
        #expect(bad.status == 1 && status(bad, "url.stream").contains("invalid_token"))
        #expect(
            foreign.status == 1 && foreign.findings["url.stream"]?["remedy"].string?.contains("--workspace") == true)
        #expect(own.status == 0 && isOK(own, "url.buffering", "url.resume"))
        #expect(nothing.status == 1 && status(nothing, "url.token").contains("no signing secret"))
    }

    @Test func `nobody at the URL, or somebody else, is said`() async throws {
        let directory = try TemporaryDirectory("doctor")
        try directory.write("hello", to: "healthz")
        let stranger = try ChildProcess(
            "/usr/bin/env",
            ["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", directory.path, "0"])
        let line = try await stranger.output.first { $0.contains("port") }.element
        let port = try #require(line.split(separator: " ").compactMap { Int($0) }.first)

        let other = try await doctor(["--url", "http://127.0.0.1:\(port)"], data: directory)
        let nobody = try await doctor(["--url", "http://127.0.0.1:\(try NginxProxy.freePort())"], data: directory)
        let unnamed = try await doctor(["--url", "https://tideline.invalid"], data: directory)

        #expect(other.status == 1 && status(other, "url").contains("not Tideline"))
        #expect(nobody.status == 1 && status(nobody, "url").contains("refused"))
        #expect(unnamed.status == 1 && status(unnamed, "url").contains("has no address"))
    }

    /// Answers by what it is told to be, and tells the targets and credentials that it was shown.
    private static let impostor = """
        import http.server, json, sys
        kind = sys.argv[1]
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                print(self.path, self.headers.get("Authorization", "nothing"), flush=True)
                figures = [{"name": "activeUsers"}, {"name": "messagesToday"}] if kind != "stranger" else []
                status, body = 200, figures if "definitions" in self.path else {"status": "ok"}
                if "realtime" in self.path:
                    if kind == "cutter":
                        self.close_connection = True
                        return
                    status, body = 403, {"code": "x", "detail": "\\u001b[2Jok    url\\nok    fine"}
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("X-Request-Id", "1")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            def log_message(self, *arguments): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    @Test(arguments: [
        ("stranger", "no credential was sent"), ("cutter", "the connection was closed before"),
        ("writer", "\u{FFFD}[2Jok    url\u{FFFD}ok"),
    ])
    func `a server that plays Tideline gets no credential, no false diagnosis and no hold on the terminal`(
        kind: String, said: String
    ) async throws {
        let server = try ChildProcess("/usr/bin/env", ["python3", "-c", Self.impostor, kind])
        let port = try await server.output.first { _ in true }.element
        let data = try TemporaryDirectory("doctor")

        let ended = try await ServerProcess.run(
            ["doctor", "--data", data.path, "--url", "http://127.0.0.1:\(port)", "--token", "x.y.z"])

        #expect(ended.status == 1 && ended.output.contains { $0.contains(said) }, "\(ended.output)")
        #expect(!ended.output.contains { $0.contains("\u{1B}") || $0.contains("within") })
        #expect(server.output.elements.contains { $0.hasSuffix("Bearer x.y.z") } == (kind != "stranger"))
    }
}
