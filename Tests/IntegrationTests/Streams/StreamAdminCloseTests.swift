import ServerSentEvents
import Testing

@Suite(.serialized) struct StreamAdminCloseTests {
    private static let accept = ["Accept": "text/event-stream"]

    @Test func `S4-9 · DELETE closes every stream of the workspace, counts them, and no other`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let other = StreamScene(server: scene.server, workspace: "island")
        try await other.join([StreamScene.admin, "ana"])
        let streams = try await scene.streams(10, "ana") + scene.streams(10, "bo")
        let elsewhere = try await other.streams(1, "ana")[0]

        let reply = try await scene.client(StreamScene.admin).delete(scene.path)

        #expect(reply.status == 200)
        let answer = try reply.json
        #expect(answer["success"].bool == true && answer["message"].string?.isEmpty == false)
        #expect(answer["closedCount"].int == 20 && answer["complete"].bool == true)
        #expect(answer["timestamp"].string?.hasSuffix("Z") == true)
        for stream in streams {
            let closing = try await stream.closing()
            #expect(closing["reason"].string == "admin")
            // The hold of 10 s by default, and what spreads their return.
            #expect((12_000...13_000).contains(closing["retryMs"].int ?? 0) && stream.retry == closing["retryMs"].int)
        }
        try await other.postTicks(1...1)
        #expect(try await elsewhere.ticks(through: 1) == [1])
        #expect(try await scene.snapshot()["meta"]["connections"].int == 0)
    }

    @Test func `S4-9 · a closed user is kept out until the hold ends, others are not touched`() async throws {
        let scene = try await StreamScene.start(
            ["TIDELINE_STREAMS_QUIET_HEARTBEAT": "1s"], people: ["ana", "bo"])
        let streams = try await scene.streams(2, "ana")

        let reply = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=2s")
        let returning = try await scene.client("ana").get(scene.path, Self.accept)
        let other = try await scene.stream("bo", query: "stats=off")
        _ = try await other.next("connected")

        #expect(try reply.json["closedCount"].int == 2)
        for stream in streams { #expect((4_000...5_000).contains(try await stream.closing()["retryMs"].int ?? 0)) }
        #expect(returning.status == 200 && returning.header("Content-Type") == "text/event-stream; charset=utf-8")
        var parser = EventStreamParser()
        let told = try parser.receive(returning.body)
        #expect(told.map(\.type) == ["closing"] && told[0].json["reason"].string == "admin")
        #expect(parser.retry == told[0].json["retryMs"].int && (parser.retry ?? 0) >= 2_000)
        // Three pings of another user, one second apart: the hold is over.
        for _ in 0..<3 { _ = try await other.next("ping") }
        let back = try await scene.stream("ana")
        #expect(try await back.next("connected").json["workspaceId"].string == scene.workspace)
    }

    @Test func `S4-9 · a final close answers 204, which ends an EventSource for good`() async throws {
        let scene = try await StreamScene.start()
        let streams = try await scene.streams(1, "ana")

        _ = try await scene.client(StreamScene.admin).delete(scene.path + "?final=true&hold=10m")
        let closing = try await streams[0].closing()
        let stream = try await scene.client("ana").get(scene.path, Self.accept)
        let head = try await scene.client("ana").send("HEAD", scene.path, Self.accept)
        let snapshot = try await scene.client("ana").get(scene.path, ["Accept": "application/json"])
        let other = try await scene.stream("bo")

        // Who waited out the hold would be let in: they are sent to their 204 soon.
        #expect((2_000...3_000).contains(closing["retryMs"].int ?? 0))
        #expect(stream.status == 204 && stream.body.isEmpty)
        // By HEAD a page learns why its EventSource ended.
        #expect(head.status == 204)
        #expect(snapshot.status == 200)
        #expect(try await other.next().type == "connected")
    }

    @Test func `S4-9 · only an administrator may close streams`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.streams(1, "ana")[0]

        let member = try await scene.client("bo").delete(scene.path)
        let anonymous = try await scene.server.client().delete(scene.path)
        let stranger = scene.server.token(user: "eve", workspaces: ["elsewhere": "admin"])
        let foreign = try await scene.server.client(token: stranger).delete(scene.path)
        let nonsense = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=soon")
        try await scene.postTicks(1...1)

        #expect(member.status == 403 && anonymous.status == 401 && foreign.status == 404)
        #expect(nonsense.status == 400 || nonsense.status == 422)
        #expect(try await stream.ticks(through: 1) == [1])
        #expect(stream.end == nil)
    }

    @Test func `S4-9 · no stream slips through a DELETE while many are being opened`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let total = 40

        let (streams, first) = try await withThrowingTaskGroup { group in
            for _ in 0..<total {
                group.addTask {
                    let stream = try await scene.stream("ana")
                    _ = try await stream.next()
                    return stream
                }
            }
            let first = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=0s").json
            var streams: [StreamReader] = []
            while let stream = try await group.next() { streams.append(stream) }
            return (streams, first)
        }
        let rest = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=0s").json
        var turnedAway = 0
        for stream in streams {
            // Told to go while it was being opened: the first event was `closing`.
            if stream.events[0].type == "closing" { turnedAway += 1; continue }
            #expect(try await stream.closing()["reason"].string == "admin")
        }

        // Each was closed by the first, or by the second, or told to go while it was being opened.
        #expect((first["closedCount"].int ?? 0) + (rest["closedCount"].int ?? 0) + turnedAway == total)
        #expect(try await scene.snapshot()["meta"]["connections"].int == 0)
    }
}
