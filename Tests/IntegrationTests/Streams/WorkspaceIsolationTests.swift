import Testing

/// Two workspaces in which everything has the same id: what is in one shows in nothing of the other.
@Suite(.serialized) struct WorkspaceIsolationTests {
    private static let dozen = 0..<12
    private static let people = dozen.map { "user-\($0)" }

    /// A dozen of everything; only `mark` tells the two workspaces apart.
    private func fill(_ scene: StreamScene, mark: String) async throws {
        var items: [TestJSON] = []
        func add(_ type: String, _ number: Int, _ data: [String: TestJSON]) {
            let marked = data.merging(["mark": .string(mark)]) { $1 }
            items.append([
                "eventType": .string(type), "eventId": .string("event-\(items.count)"),
                "sessionId": .string("session-\(number)"), "userId": .string(Self.people[number]),
                "eventData": .object(marked),
            ])
        }
        for number in Self.dozen {
            let id = TestJSON.string("id-\(number)")
            add(
                "conversation.created", number,
                ["channelId": id, "private": .bool(number.isMultiple(of: 2)), "title": .string(mark)])
            add("message.sent", number, ["channelId": id, "messageId": id, "preview": .string(mark)])
            add("task.created", number, ["taskId": id, "title": .string(mark), "status": "in_progress"])
            add("orchestrator.started", number, ["orchestratorId": id])
            add("user.updated", number, ["displayName": .string(mark)])
            add("test.tick", number, ["n": .integer(Int64(number))])
        }
        let reply = try await scene.client(StreamScene.admin).post(scene.logPath, .array(items))
        guard try reply.json["accepted"].int == items.count else { throw WaitError(description: reply.text) }
    }

    @Test func `S4-15 · two workspaces with the same ids have not one byte in common`() async throws {
        let east = try await StreamScene.start(workspace: "east", people: Self.people)
        let west = StreamScene(server: east.server, workspace: "west")
        try await west.join([StreamScene.admin] + Self.people)
        let starts = (try await east.head(), try await west.head())
        var streams: [(east: StreamReader, west: StreamReader)] = []
        for person in Self.people {
            streams.append((try await east.streams(1, person)[0], try await west.streams(1, person)[0]))
        }

        try await withThrowingTaskGroup { group in
            group.addTask { try await self.fill(east, mark: "east-mark") }
            group.addTask { try await self.fill(west, mark: "west-mark") }
            try await group.waitForAll()
        }
        for stream in streams {
            try await stream.east.ticks(through: 11)
            try await stream.west.ticks(through: 11)
        }

        for (index, person) in Self.people.enumerated() {
            let resumed = (
                east: try await east.stream(person, lastEventID: starts.0),
                west: try await west.stream(person, lastEventID: starts.1)
            )
            streams.append(resumed)
            try await resumed.east.ticks(through: 11)
            try await resumed.west.ticks(through: 11)
            let inEast = try await everything(east, person, [streams[index].east, resumed.east])
            let inWest = try await everything(west, person, [streams[index].west, resumed.west])
            #expect(inEast.contains("east-mark") && !inEast.contains("west"), "\(person)")
            #expect(inWest.contains("west-mark") && !inWest.contains("east"), "\(person)")
        }
        for scene in [east, west] { try await expectOwnFigures(scene) }
        #expect(streams.allSatisfy { $0.east.end == nil && $0.west.end == nil })
    }

    /// All that a member's streams and answers hold.
    private func everything(_ scene: StreamScene, _ person: String, _ streams: [StreamReader]) async throws -> String {
        let client = scene.client(person)
        var text = streams.map { String(decoding: $0.body, as: UTF8.self) }.joined()
        text += try await client.get(scene.logPath + "?limit=1000").text
        text += try await client.get(scene.path).text
        return text
    }

    private func expectOwnFigures(_ scene: StreamScene) async throws {
        let snapshot = try await scene.snapshot()
        let data = snapshot["data"]
        for figure in ["activeSessions", "messagesToday", "activeChannels", "activeOrchestrators", "tasksInProgress"] {
            #expect(data[figure].int == 12, "\(figure) of \(scene.workspace)")
        }
        #expect(data["onlineUsers"].int == 12 && data["eventCounts"]["test.tick"].int == 12)
        // Each person's first stream, and the one that resumed.
        #expect(snapshot["meta"]["connections"].int == 24)
    }

    @Test func `S4-15 · a token for one workspace opens nothing of another`() async throws {
        let east = try await StreamScene.start(workspace: "east")
        let west = StreamScene(server: east.server, workspace: "west")
        try await west.join([StreamScene.admin])
        let client = east.client(StreamScene.admin)

        let replies = [
            try await client.get(west.path), try await client.get(west.path, ["Accept": "text/event-stream"]),
            try await client.get(west.logPath), try await client.delete(west.path),
            try await client.post(west.path, StreamScene.tick(1)),
            try await client.post(west.logPath, [StreamScene.tick(1)]),
        ]

        #expect(replies.map(\.status) == Array(repeating: 404, count: replies.count))
        #expect(try await west.log().count == 2)
    }

    @Test func `S4-15 · a position of one workspace is foreign to another`() async throws {
        let east = try await StreamScene.start(workspace: "east")
        let west = StreamScene(server: east.server, workspace: "west")
        try await west.join([StreamScene.admin, "ana"])
        let position = try #require(try await east.postTicks(1...1).last)

        let stream = try await west.stream("ana", lastEventID: position)
        let page = try await west.client("ana").get(west.logPath + "?after=\(position)")

        #expect(try await stream.next("reset").json["reason"].string == "epoch")
        #expect(page.status == 410)
        #expect(try page.json["code"].string == "log_pruned")
    }
}
