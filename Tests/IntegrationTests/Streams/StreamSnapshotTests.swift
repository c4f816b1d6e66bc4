import Testing

@Suite(.serialized) struct StreamSnapshotTests {
    private static let accept = ["Accept": "application/json"]

    @Test func `S4-6 · a snapshot has the figures of the stream, flat`() async throws {
        let scene = try await StreamScene.start()
        try await scene.post("message.sent", ["channelId": "general"], as: "ana")
        try await scene.post("orchestrator.started", ["orchestratorId": "o-1"])
        try await scene.post("task.created", ["taskId": "t-1", "status": "in_progress"], as: "bo")
        try await scene.post(["eventType": "user.active", "sessionId": "s-1"], by: scene.client("bo"))
        let stream = try await scene.stream("ana")

        let stats = try await stream.next("stats").json
        let data = try await scene.snapshot()["data"]

        #expect(data.object.keys.sorted() == stats.object.keys.sorted())
        let expected: [String: TestJSON] = [
            "activeUsers": 3, "activeSessions": 1, "messagesLastHour": 1, "messagesToday": 1, "activeChannels": 1,
            "activeOrchestrators": 1, "tasksInProgress": 1,
        ]
        for (name, value) in expected { #expect(data[name] == value && stats[name] == value, "\(name)") }
        #expect(data["eventCounts"]["message.sent"].int == 1 && data["eventCounts"]["member.added"].int == 3)
        #expect(data["timestamp"].string?.hasSuffix("Z") == true)
    }

    @Test func `S4-7 · a snapshot tells who asks, how many streams are open, and where to resume`() async throws {
        let scene = try await StreamScene.start()
        let streams = try await scene.streams(2, "ana") + scene.streams(1, "bo")

        let meta = try await scene.snapshot(as: "bo")["meta"]
        let position = try #require(meta["lastEventId"].string)
        try await scene.post(StreamScene.tick(1), by: scene.client("ana"))
        let resumed = try await scene.stream("bo", lastEventID: position)

        #expect(meta["workspaceId"].string == scene.workspace && meta["userId"].string == "bo")
        #expect(meta["mode"].string == "snapshot" && meta["timestamp"].string?.hasSuffix("Z") == true)
        #expect(meta["connections"].int == streams.count)
        #expect(try await resumed.ticks(through: 1) == [1])
        #expect(resumed.logged.count == 1)
    }

    @Test func `S4-6 · a snapshot that has not changed is 304, and one after a POST includes it`() async throws {
        let scene = try await StreamScene.start()
        let client = scene.client("ana")
        let first = try await client.get(scene.path, Self.accept)
        let tag = try #require(first.header("ETag"))

        let same = try await client.get(scene.path, Self.accept.merging(["If-None-Match": tag]) { $1 })
        let listed = try await client.get(scene.path, Self.accept.merging(["If-None-Match": "\"x\", \(tag)"]) { $1 })
        let any = try await client.get(scene.path, Self.accept.merging(["If-None-Match": "*"]) { $1 })
        let posted = try await scene.post("message.sent", ["channelId": "general"], as: "ana")
        let changed = try await client.get(scene.path, Self.accept.merging(["If-None-Match": tag]) { $1 })

        #expect(tag.hasPrefix("W/\"") && first.header("Cache-Control") == "private, no-cache")
        #expect(first.header("Vary") == "Accept, Authorization, Cookie")
        #expect(same.status == 304 && same.body.isEmpty && same.header("ETag") == tag)
        #expect(listed.status == 304 && any.status == 304)
        #expect(changed.status == 200 && changed.header("ETag") != tag)
        #expect(try changed.json["data"]["asOf"] == posted["seq"])
        #expect(try changed.json["data"]["messagesToday"].int == 1)
        #expect(await client.connectionsOpened == 1)
    }

    @Test func `S4-14 · snapshots read in parallel while events come in are each of one moment`() async throws {
        let scene = try await StreamScene.start()

        try await withThrowingTaskGroup { group in
            group.addTask {
                let client = scene.client("ana")
                for _ in 1...40 {
                    try await scene.post(["eventType": "message.sent", "eventData": ["channelId": "c"]], by: client)
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    let client = scene.client("bo")
                    var last = 0
                    for _ in 1...40 {
                        let data = try await client.get(scene.path, Self.accept).json["data"]
                        let asOf = data["asOf"].int ?? -1
                        // workspace.created and three members came before the messages.
                        #expect(data["messagesToday"].int == max(0, asOf - 4) && asOf >= last)
                        last = asOf
                    }
                }
            }
            try await group.waitForAll()
        }

        #expect(try await scene.snapshot()["data"]["messagesLastHour"].int == 40)
    }
}
