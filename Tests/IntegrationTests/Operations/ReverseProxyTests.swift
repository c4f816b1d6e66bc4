import Foundation
import ServerSentEvents
import Testing

/// The proxy configurations that we ship, as they are, in front of a server.
@Suite(.enabled(if: ReverseProxy.isInstalled, "nginx or haproxy is not installed"), .timeLimit(.minutes(3)))
struct ReverseProxyTests {
    private func open(
        _ scene: StreamScene, _ proxy: ReverseProxy, lastEventID: String? = nil
    ) async throws -> StreamReader {
        try await StreamReader.open(
            port: proxy.port, path: scene.path + "?stats=off", token: scene.token("ana"), lastEventID: lastEventID,
            within: .seconds(30))
    }

    @Test(arguments: ReverseProxy.Kind.allCases)
    func `each event passes at once, and the stream is what Tideline sent`(kind: ReverseProxy.Kind) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await ReverseProxy.start(kind, upstreamPort: scene.server.port)
        let stream = try await open(scene, proxy)
        _ = try await stream.next("connected", within: .seconds(3))

        for number in 1...20 {
            try await scene.postTicks(number...number)
            _ = try await stream.next("event", within: .seconds(2))
        }

        #expect(stream.ticks == Array(1...20))
        #expect(stream.head.header("Content-Type")?.hasPrefix("text/event-stream") == true)
        #expect(stream.head.header("Cache-Control")?.contains("no-transform") == true)
        #expect(stream.head.header("Content-Encoding") == nil)
        try await proxy.stop()
    }

    @Test(arguments: ReverseProxy.Kind.allCases)
    func `over TLS a browser gets HTTP 2 and the events`(kind: ReverseProxy.Kind) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await ReverseProxy.start(kind, upstreamPort: scene.server.port)
        let curl = try ChildProcess(
            "/usr/bin/env",
            [
                "curl", "-sSN", "-i", "--max-time", "20", "--compressed", "--cacert", proxy.certificate, "-H",
                "Accept: text/event-stream", "-H", "Authorization: Bearer \(scene.token("ana"))",
                "https://localhost:\(proxy.securePort)\(scene.path)",
            ])
        _ = try await curl.output.first { $0.hasPrefix("event: connected") }

        try await scene.postTicks(1...3)
        _ = try await curl.output.first(within: .seconds(3)) { $0.contains(#""n":3"#) }

        #expect(curl.output.elements.first?.hasPrefix("HTTP/2 200") == true)
        #expect(!curl.output.elements.contains { $0.lowercased().hasPrefix("content-encoding") })
        curl.kill()
    }

    @Test(arguments: ReverseProxy.Kind.allCases)
    func `twenty reconnects and a restart of the server leave no gap, and no answer that ends an EventSource`(
        kind: ReverseProxy.Kind
    ) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await ReverseProxy.start(kind, upstreamPort: scene.server.port)
        let path = scene.path
        let writer = proxy.client(token: scene.token("bo"))
        let written = Journal<Int>(of: "tick")
        let read = Journal<Int>(of: "tick read")
        let writing = Task {
            for number in 1...240 {
                // Never far ahead, so that no one stream brings everything.
                if number > 10 { _ = try await read.first(within: .seconds(60)) { $0 >= number - 10 } }
                var event = StreamScene.tick(number).object
                event["eventId"] = .string("tick-\(number)")
                while true {
                    let reply = try await writer.post(path, .object(event))
                    if reply.status == 200 { break }
                    // How a writer learns of a restart; the eventId makes the repeat safe.
                    #expect(reply.status == 503 && reply.header("Retry-After") != nil, "\(reply.status) \(reply.text)")
                    try await Task.sleep(for: .milliseconds(200))
                }
                written.append(number)
            }
        }
        let restarting = Task {
            _ = try await written.first(within: .seconds(60)) { $0 == 50 }
            scene.server.terminate()
            #expect(try await scene.server.waitExit() == 0)
            return try await scene.server.restart(samePort: true)
        }

        var seen: [Int] = []
        var position = try await scene.head()
        var reconnects = 0
        while seen.last != 240 {
            // Throws at anything but 200, after which an EventSource would not come back.
            let stream = try await open(scene, proxy, lastEventID: position)
            reconnects += 1
            // Five more, or the end that the restart brings; what comes of neither is a stream between two posts.
            _ = try? await stream.next(within: .seconds(2)) { [last = min((seen.last ?? 0) + 5, 240)] event in
                event.type == "closing" || (event.json["eventData"]["n"].int ?? 0) >= last
            }
            stream.close()
            _ = try await stream.waitEnd()
            #expect(!stream.events.contains { $0.type == "reset" })
            seen += stream.ticks
            read.append(seen.last ?? 0)
            position = stream.lastEventID
        }
        try await writing.value
        let server = try await restarting.value

        #expect(seen == Array(1...240) && reconnects >= 20)
        #expect(server.isRunning && proxy.isRunning)
    }

    @Test(arguments: ReverseProxy.Kind.allCases)
    func `large batches, HEAD, DELETE and long polls pass, and a body beyond the limit does not`(
        kind: ReverseProxy.Kind
    ) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await ReverseProxy.start(kind, upstreamPort: scene.server.port)
        let admin = proxy.client(token: scene.token(StreamScene.admin))
        let events = (1...1_000).map { StreamScene.tick($0, bytes: 7_500) }

        let batch = try await admin.post(scene.logPath, .array(events))
        let tooLarge = try await admin.post(scene.logPath, .array(events + events.prefix(200)))
        let head = try await admin.send("HEAD", scene.path, ["Accept": "text/event-stream"])
        let headPosition = try await scene.head()
        async let poll = proxy.client(token: scene.token("ana")).get("\(scene.logPath)?after=\(headPosition)&wait=20s")
        try await scene.postTicks(2_000...2_000)
        let polled = try await poll
        let stream = try await open(scene, proxy)
        _ = try await stream.next("connected")
        let deleted = try await admin.delete(scene.path)
        for path in ["/metrics", "/metrics/", "/%6detrics", "/metrics%2F", "//metrics"] {
            let metrics = try await proxy.client().get(path)
            #expect(metrics.status == 404 && !metrics.text.contains("tideline_"), "\(path): \(metrics.status)")
        }

        #expect(batch.status == 200, "\(batch.status) \(batch.text.prefix(200))")
        #expect(try batch.json["accepted"].int == 1_000)
        #expect(tooLarge.status == 413)
        #expect(head.status == 200 && head.header("Content-Type")?.hasPrefix("text/event-stream") == true)
        #expect(try polled.json["events"].array.count == 1)
        #expect(try deleted.json["closedCount"].int == 1)
        #expect(try await stream.next("closing").json["reason"].string == "admin")
        #expect(try await stream.waitEnd() == .clean)
    }

    @Test(arguments: ReverseProxy.Kind.allCases)
    func `while the server is down an EventSource is told when to come back, and a program what to do`(
        kind: ReverseProxy.Kind
    ) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await ReverseProxy.start(kind, upstreamPort: scene.server.port, retries: 1)
        let open = try await open(scene, proxy)
        _ = try await open.next("connected")
        scene.server.kill()
        try await scene.server.waitExit()

        let stream = try await self.open(scene, proxy, lastEventID: "krmcngw6ah-41")
        let closing = try await stream.next("closing")
        let client = proxy.client(token: scene.token("ana"))
        let snapshot = try await client.get(scene.path, ["Accept": "application/json"])
        let post = try await client.post(scene.path, StreamScene.tick(1), ["Accept": "text/event-stream"])

        #expect(try await open.waitEnd() != .clean)
        #expect(closing.json["reason"].string == "shutdown" && closing.json["retryMs"].int == stream.retry)
        #expect((2_000...4_400).contains(stream.retry ?? 0) && stream.lastEventID == "krmcngw6ah-41")
        for reply in [snapshot, post] {
            #expect(reply.status == 503 && reply.header("Retry-After") == "3", "\(reply.status)")
            #expect(reply.header("Content-Type") == "application/problem+json")
            #expect(try reply.json["code"].string == "unavailable")
        }
    }

    /// Tells its port, then the head of the first request.
    private static let backend = """
        import socket
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        connection, _ = listener.accept()
        print(connection.recv(65536).decode(), flush=True)
        connection.sendall(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
        connection.recv(1)
        """

    @Test(arguments: ReverseProxy.Kind.allCases)
    func `the address that Tideline is told is the peer's, whatever the client says, and http goes to https`(
        kind: ReverseProxy.Kind
    ) async throws {
        let backend = try ChildProcess("/usr/bin/env", ["python3", "-c", Self.backend])
        let port = try #require(Int(try await backend.output.first { _ in true }.element))
        let proxy = try await ReverseProxy.start(kind, upstreamPort: port)

        let reply = try await proxy.client().get(
            "/healthz", ["X-Forwarded-For": "203.0.113.7", "Host": "localhost:8443"])
        let redirect = try await HTTPTestClient(port: proxy.redirectPort).get("/x?y=1", ["Host": "evil.example"])
        _ = try await backend.output.first { $0.lowercased().hasPrefix("x-forwarded-proto") }

        let head = backend.output.elements.map { $0.lowercased().trimmingCharacters(in: .whitespacesAndNewlines) }
        #expect(reply.status == 204)
        #expect(head.filter { $0.hasPrefix("x-forwarded-for") } == ["x-forwarded-for: 127.0.0.1"])
        #expect(head.contains("host: localhost:8443"), "the same-origin check compares it with Origin")
        #expect(redirect.status == 308 && redirect.header("Location") == "https://localhost/x?y=1")
    }

    @Test(arguments: ReverseProxy.Kind.allCases)
    func `the log of requests names the path and not the query, where a ticket would be`(
        kind: ReverseProxy.Kind
    ) async throws {
        let scene = try await StreamScene.start()
        let proxy = try await ReverseProxy.start(kind, upstreamPort: scene.server.port)

        let reply = try await proxy.client().get(scene.path + "?ticket=s3cret")
        try await proxy.stop()
        let log = try await proxy.log()

        #expect(reply.status == 401)
        #expect(log.contains(scene.path) && !log.contains("s3cret"), "\(log)")
    }
}
