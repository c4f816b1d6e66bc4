import Foundation
import ServerSentEvents
import Testing

/// What lies between server and reader: old protocols, proxies, plain tools.
@Suite(.serialized) struct StreamPathTests {
    private func request10(_ scene: StreamScene, _ method: String = "GET", lastEventID: String = "") async throws
        -> RawConnection
    {
        let connection = try await scene.server.connect()
        let position = lastEventID.isEmpty ? "" : "Last-Event-ID: \(lastEventID)\r\n"
        try await connection.send(
            "\(method) \(scene.path)?stats=off HTTP/1.0\r\nAccept: text/event-stream\r\n\(position)"
                + "Authorization: Bearer \(scene.token("ana"))\r\n\r\n")
        return connection
    }

    @Test func `an HTTP 1.0 stream is plain bytes up to the end of the connection`() async throws {
        let scene = try await StreamScene.start()
        let start = try await scene.head()
        let ids = try await scene.postTicks(1...400, bytes: 300)
        let connection = try await request10(scene, lastEventID: start)
        let head = try await HTTPReply.head(from: connection, within: .seconds(10))
        var body = try await connection.read(through: #""n":400,"#)

        try await scene.postTicks(401...402)
        body += try await connection.read(through: #""n":402,"#)
        _ = try await scene.client(StreamScene.admin).delete(scene.path)
        body += try await connection.readToEnd()

        #expect(head.status == 200 && head.header("Transfer-Encoding") == nil && head.header("Content-Length") == nil)
        #expect(head.header("Connection")?.lowercased() == "close" && head.header("Content-Encoding") == nil)
        var parser = EventStreamParser()
        let events = try parser.receive(body)
        let ticks = events.filter { $0.type == "event" }
        #expect(ticks.compactMap { $0.json["eventData"]["n"].int } == Array(1...402))
        #expect(ticks.prefix(400).compactMap(\.id) == ids)
        #expect(events.last?.type == "closing")
        // No line of it is chunk framing.
        let lines = String(decoding: body, as: UTF8.self).split(separator: "\n")
        #expect(lines.allSatisfy { $0.wholeMatch(of: /(retry|event|id|data): .*/) != nil })
    }

    @Test func `HEAD answers a stream's head and registers nothing`() async throws {
        let scene = try await StreamScene.start()
        let client = scene.client("ana")

        let head = try await client.send("HEAD", scene.path, ["Accept": "text/event-stream"])
        let snapshot = try await client.get(scene.path, ["Accept": "application/json"])
        let old = try await request10(scene, "HEAD").readToEnd()
        let posted = try await scene.post("test.tick")

        #expect(head.status == 200 && head.header("Content-Type") == "text/event-stream; charset=utf-8")
        #expect(head.header("X-Accel-Buffering") == "no")
        #expect(await client.connectionsOpened == 1)
        #expect(String(decoding: old, as: UTF8.self).hasSuffix("\r\n\r\n"))
        #expect(try snapshot.json["meta"]["connections"].int == 0 && posted["notified"].int == 0)
    }

    @Test(.enabled(if: NginxProxy.isInstalled, "nginx is not installed"))
    func `S4-16 · through an nginx with default settings frames arrive at once`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_HEARTBEAT": "1s"])
        let proxy = try await NginxProxy.start(upstreamPort: scene.server.port)
        let stream = try await StreamReader.open(port: proxy.port, path: scene.path, token: scene.token("ana"))
        _ = try await stream.next("stats")

        let posted = try await scene.post(StreamScene.tick(1), by: scene.client("bo"))
        let event = try await stream.next("event")
        _ = try await stream.next("ping")
        _ = try await scene.client(StreamScene.admin).delete(scene.path)
        let closing = try await stream.closing()

        #expect(event.id == posted["id"].string && posted["notified"].int == 1)
        #expect(closing["reason"].string == "admin")
        try await proxy.stop()
    }

    @Test(
        .enabled(if: NginxProxy.isInstalled, "nginx is not installed"),
        arguments: [
            "proxy_http_version 1.1;", "proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering on;",
        ])
    func `through an nginx that speaks HTTP 1.1, a crowd follows and a gone client is noticed`(directives: String)
        async throws
    {
        let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
        let proxy = try await NginxProxy.start(upstreamPort: scene.server.port, directives: directives)
        var streams: [StreamReader] = []
        for _ in 0..<10 {
            streams.append(try await StreamReader.open(port: proxy.port, path: scene.path, token: scene.token("ana")))
        }
        for stream in streams { _ = try await stream.next("connected") }

        try await scene.postTicks(1...200, bytes: 1_000)
        for stream in streams { #expect(try await stream.ticks(through: 200) == Array(1...200)) }
        let gone = try #require(streams.last?.events.first?.json["connectionId"])
        streams.last?.close()
        _ = try await scene.server.logLine { $0["message"].string == "stream closed" && $0["connection"] == gone }

        #expect(try await scene.snapshot()["meta"]["connections"].int == 9)
        try await proxy.stop()
    }

    private static let curl = "/usr/bin/curl"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: curl), "curl is not installed"))
    func `S4-1 · curl -N follows a stream`() async throws {
        let scene = try await StreamScene.start()
        let curl = try ChildProcess(
            Self.curl,
            [
                "-sS", "-N", "-H", "Accept: text/event-stream", "-H", "Authorization: Bearer \(scene.token("ana"))",
                "http://127.0.0.1:\(scene.server.port)\(scene.path)",
            ])

        _ = try await curl.output.first { $0 == "event: connected" }
        _ = try await curl.output.first { $0 == "event: stats" }
        let posted = try await scene.post("message.sent", ["channelId": "general"])
        let (index, _) = try await curl.output.first { $0 == "event: event" }
        _ = try await curl.output.first(from: index) { $0.hasPrefix("data: {\"eventId\"") }
        _ = try await scene.client(StreamScene.admin).delete(scene.path)

        #expect(try await curl.waitExit() == 0)
        _ = try await curl.output.first { $0.hasPrefix("data: {\"reason\":\"admin\"") }
        let lines = curl.output.elements
        #expect(lines[index - 1] == "id: \(posted["id"].string ?? "")" && lines[index + 2].isEmpty)
    }
}
