import ServerSentEvents
import Testing

/// What an administrator sees of the open streams, and closing one of them.
@Suite(.serialized) struct StreamConnectionsTests {
    private func path(_ scene: StreamScene) -> String { scene.path + "/connections" }

    private func list(_ scene: StreamScene, _ query: String = "", as user: String = StreamScene.admin) async throws
        -> TestJSON
    {
        let reply = try await scene.client(user).get(path(scene) + query)
        guard reply.status == 200 else { throw WaitError(description: "\(reply.status): \(reply.text)") }
        return try reply.json
    }

    /// The `connectionId` that a stream was told.
    private func id(of stream: StreamReader) -> String {
        stream.events.first { $0.type == "connected" }?.json["connectionId"].string ?? ""
    }

    @Test func `S4-13 · an administrator sees each stream with its age, user, address and position`() async throws {
        let scene = try await StreamScene.start()
        let first = try await scene.streams(1, "ana", query: "types=message.*,task.completed&stats=off")[0]
        let second = try await scene.streams(1, "bo", query: "events=off")[0]

        let listing = try await list(scene)

        // Opened in the same millisecond, two have no order; that the oldest is first, the next tests show.
        let rows = listing["connections"].array.sorted { ($0["userId"].string ?? "") < ($1["userId"].string ?? "") }
        #expect(rows.map { $0["connectionId"].string } == [id(of: first), id(of: second)])
        #expect(rows.map { $0["userId"].string } == ["ana", "bo"])
        #expect(rows[0]["types"] == ["task.completed", "message.*"] && rows[1]["types"].isNull)
        #expect(rows.map { $0["stats"].bool } == [false, true] && rows.map { $0["events"].bool } == [true, false])
        #expect(rows.allSatisfy { $0["address"] == "127.0.0.1" && $0["state"] == "live" })
        #expect(rows.allSatisfy { (0..<60_000).contains($0["ageMs"].int ?? -1) })
        #expect(rows.allSatisfy { $0["openedAt"].string?.hasSuffix("Z") == true })
        let head = try await scene.head()
        #expect(rows.allSatisfy { $0["position"].string == head })
        #expect(listing["total"] == 2 && listing["complete"] == true)
        #expect(listing["timestamp"].string?.hasSuffix("Z") == true)
    }

    @Test func `S4-13 · streams on many loops are listed oldest first, by user and up to a limit`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "4"])
        let streams = try await scene.streams(9, "ana") + scene.streams(6, "bo")

        let all = try await list(scene)
        let some = try await list(scene, "?limit=4")
        let one = try await list(scene, "?user=bo")

        let ages = all["connections"].array.compactMap { $0["ageMs"].int }
        #expect(all["total"] == 15 && all["complete"] == true)
        #expect(Set(all["connections"].array.compactMap { $0["connectionId"].string }) == Set(streams.map(id)))
        let opened = all["connections"].array.compactMap { $0["openedAt"].string }
        #expect(opened == opened.sorted() && ages.count == 15)
        #expect(some["connections"].array.count == 4 && some["total"] == 15)
        #expect(
            some["connections"].array.map { $0["connectionId"] }
                == all["connections"].array.prefix(4).map { $0["connectionId"] })
        #expect(one["connections"].array.map { $0["userId"] } == Array(repeating: "bo", count: 6))
    }

    @Test(arguments: [
        ("?limit=0", 422), ("?limit=1001", 422), ("?limit=x", 422), ("?limit=1", 200), ("?limit=1000", 200),
        ("?user=a%20b", 400), ("?user=nobody", 200),
    ])
    func `S4-13 · a limit is 1 to 1000 and a user is an id`(_ query: String, _ status: Int) async throws {
        let scene = try await StreamScene.start()

        let reply = try await scene.client(StreamScene.admin).get(path(scene) + query)

        #expect(reply.status == status, "\(reply.text)")
    }

    @Test func `S4-13 · a slow reader's unsent bytes and lag are told truthfully`() async throws {
        let scene = try await StreamScene.start([
            "TIDELINE_STREAMS_SEND_BUFFER": "4KiB", "TIDELINE_STREAMS_OUTBOX_BYTES": "64MiB",
        ])
        let good = try await scene.streams(1, "bo", query: "stats=off")[0]
        let slow = try await scene.stream("ana", query: "stats=off", receiveBuffer: 4_096, isReading: false)

        try await scene.postTicks(1...60, bytes: 4_000)
        try await good.ticks(through: 60)
        let rows = try await list(scene)["connections"].array
        let lagging = try #require(rows.first { $0["userId"] == "ana" })
        let swift = try #require(rows.first { $0["userId"] == "bo" })
        let head = try #require(try await scene.head().split(separator: "-").last.flatMap { Int($0) })
        let reached = try #require(lagging["position"].string?.split(separator: "-").last.flatMap { Int($0) })

        // What its socket took is unsent in the kernel or in its own buffer; the rest waits here.
        #expect((1...200_000).contains(lagging["unsentBytes"].int ?? 0))
        #expect((10...60).contains(lagging["lagEvents"].int ?? 0) && head - reached == lagging["lagEvents"].int)
        #expect((40_000...300_000).contains(lagging["lagBytes"].int ?? 0))
        #expect(swift["lagEvents"] == 0 && swift["lagBytes"] == 0)

        slow.startReading()
        #expect(try await slow.ticks(through: 60) == Array(1...60))
        let caughtUp = try await list(scene, "?user=ana")["connections"][0]
        #expect(caughtUp["lagEvents"] == 0 && caughtUp["lagBytes"] == 0)
        #expect(caughtUp["position"] == swift["position"])
    }

    @Test func `S4-9 · closing one stream leaves every other open, that of the same user too`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "3"])
        let streams = try await scene.streams(6, "ana") + scene.streams(2, "bo")

        let reply = try await scene.client(StreamScene.admin).delete(path(scene) + "/" + id(of: streams[2]))

        #expect(reply.status == 200)
        let answer = try reply.json
        #expect(answer["success"] == true && answer["closedCount"] == 1 && answer["complete"] == true)
        #expect(answer["message"] == "Connection closed" && answer["timestamp"].string?.hasSuffix("Z") == true)
        let closing = try await streams[2].closing()
        #expect(closing["reason"] == "admin" && (2_000...3_000).contains(closing["retryMs"].int ?? 0))
        try await scene.postTicks(1...1)
        for (index, stream) in streams.enumerated() where index != 2 {
            #expect(try await stream.ticks(through: 1) == [1])
        }
        #expect(try await list(scene)["total"] == 7)
        // No hold was asked for: the client is let in again.
        _ = try await scene.streams(1, "ana")
    }

    @Test func `S4-9 · a hold keeps that user out, for good when final`() async throws {
        let scene = try await StreamScene.start()
        let streams = try await scene.streams(2, "ana") + scene.streams(1, "bo")
        let admin = scene.client(StreamScene.admin)
        let accept = ["Accept": "text/event-stream"]

        _ = try await admin.delete(path(scene) + "/\(id(of: streams[0]))?hold=10m")
        let closing = try await streams[0].closing()
        let held = try await scene.client("ana").get(scene.path, accept)
        _ = try await admin.delete(path(scene) + "/\(id(of: streams[2]))?final=true")
        _ = try await streams[2].closing()
        let ended = try await scene.client("bo").get(scene.path, accept)

        #expect((602_000...603_000).contains(closing["retryMs"].int ?? 0))
        #expect(held.status == 200 && held.text.contains(#""reason":"admin""#))
        #expect(ended.status == 204)
        #expect(streams[1].end == nil)
    }

    @Test func `S4-9 · DELETE with a user closes that user's streams alone`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let streams = try await scene.streams(3, "ana") + scene.streams(2, "bo")

        let reply = try await scene.client(StreamScene.admin).delete(scene.path + "?user=ana&hold=1s")

        #expect(try reply.json["closedCount"] == 3)
        for stream in streams.prefix(3) { #expect(try await stream.closing()["reason"] == "admin") }
        try await scene.postTicks(1...1)
        for stream in streams.suffix(2) { #expect(try await stream.ticks(through: 1) == [1]) }
    }

    @Test func `S4-15 · another workspace's stream is neither seen nor closed, and looks like none`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let other = StreamScene(server: scene.server, workspace: "island")
        try await other.join([StreamScene.admin, "ana"])
        let own = try await scene.streams(1, "ana")[0]
        let foreign = try await other.streams(3, "ana")
        let admin = scene.client(StreamScene.admin)

        let listing = try await list(scene)
        let gone = try await scene.streams(1, "bo")[0]
        gone.close()
        let answers = try await [
            admin.delete(path(scene) + "/" + id(of: foreign[0])), admin.delete(path(scene) + "/conn_1"),
            admin.delete(path(scene) + "/x?hold=10m&final=true"),
            admin.delete(path(other) + "/" + id(of: foreign[1])),
        ]

        #expect(listing["connections"].array.map { $0["connectionId"].string } == [id(of: own)])
        #expect(listing["total"] == 1)
        #expect(answers.map(\.status) == [404, 404, 404, 404])
        let bodies = try answers.map { try $0.json }
        #expect(Set(bodies.map { $0["detail"].string }).count == 1 && Set(bodies.map { $0["code"].string }).count == 1)
        try await other.postTicks(1...1)
        for stream in foreign { #expect(try await stream.ticks(through: 1) == [1]) }
        #expect(own.end == nil)
    }

    @Test func `S4-9 · only an administrator may see streams or close one`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.streams(1, "ana")[0]
        let ingest = scene.server.client(user: "svc", workspaces: [scene.workspace: "ingest"])
        let stranger = scene.server.client(user: "eve", workspaces: ["elsewhere": "admin"])
        let one = path(scene) + "/" + id(of: stream)

        for (client, status) in [
            (scene.client("bo"), 403), (ingest, 403), (scene.server.client(), 401), (stranger, 404),
        ] {
            #expect(try await client.get(path(scene)).status == status)
            #expect(try await client.delete(one).status == status)
        }
        #expect(try await scene.client(StreamScene.admin).post(path(scene), [:]).status == 405)
        try await scene.postTicks(1...1)
        #expect(try await stream.ticks(through: 1) == [1])
    }

    @Test func `S4-9 · closing one stream is in the audit log, with who, whose and how long`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.streams(1, "ana")[0]

        _ = try await scene.client(StreamScene.admin).delete(path(scene) + "/\(id(of: stream))?hold=1m")
        _ = try await stream.closing()
        scene.server.terminate()
        try await scene.server.waitExit()

        let rows = try LogDatabase(scene.server.data).rows(
            "SELECT actor, detail FROM audit WHERE action LIKE 'close stream %' AND ws > 0")
        let detail = "connection=\(id(of: stream)) user=ana hold=1m final=false"
        #expect(rows == [[.text(StreamScene.admin), .text(detail)]])
    }
}
