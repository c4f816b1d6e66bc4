import ServerSentEvents
import Testing

/// Reading the log by GET: the other way to follow, which must agree with the stream.
@Suite(.serialized) struct StreamLogPollTests {
    @Test func `S4-19 · a long poll is answered by the next event, at once`() async throws {
        let scene = try await StreamScene.start()
        let head = try await scene.head()
        let start = ContinuousClock.now

        async let answer = scene.client("ana").get(scene.logPath + "?after=\(head)&wait=20s")
        let posted = try await scene.post(StreamScene.tick(1), by: scene.client("bo"))
        let page = try await answer.json

        #expect(page["events"].array.map { $0["id"] } == [posted["id"]])
        #expect(page["next"] == posted["id"] && page["head"] == posted["id"])
        #expect(start.duration(to: .now) < .seconds(15))
    }

    @Test func `a long poll behind the head is answered at once, one without news when its time is up`() async throws {
        let scene = try await StreamScene.start()
        let ids = try await scene.postTicks(1...3)
        let client = scene.client("ana")
        let start = ContinuousClock.now

        let behind = try await client.get(scene.logPath + "?after=\(ids[0])&wait=20s").json
        let early = start.duration(to: .now)
        let empty = try await client.get(scene.logPath + "?after=\(ids[2])&wait=1s").json

        #expect(behind["events"].array.count == 2 && early < .seconds(15))
        #expect(empty["events"].array.isEmpty && empty["next"].string == ids[2])
        #expect(start.duration(to: .now) - early >= .milliseconds(900))
    }

    @Test func `pages of the log hold what the stream brought, byte for byte`() async throws {
        let scene = try await StreamScene.start()
        let start = try await scene.head()
        let stream = try await scene.streams(1, "ana")[0]
        let client = scene.client("ana")
        try await scene.postTicks(1...100)
        try await stream.ticks(through: 100)

        var position = start
        var pages: [String] = []
        for _ in 0..<15 {
            let text = try await client.get(scene.logPath + "?after=\(position)&limit=7").text
            pages.append(text)
            position = try TestJSON(text)["next"].string ?? ""
        }

        #expect(position == stream.lastEventID)
        for event in stream.logged { #expect(pages.contains { $0.contains(event.data) }) }
        #expect(try pages.flatMap { try TestJSON($0)["events"].array }.count == 100)
        // A stream reopened from a page's end continues there.
        let resumed = try await scene.stream("ana", lastEventID: position)
        try await scene.postTicks(101...101)
        #expect(try await resumed.ticks(through: 101) == [101])
    }

    @Test func `the log is read by type, from its beginning, and not beyond its head`() async throws {
        let scene = try await StreamScene.start()
        let ids = try await scene.postTicks(1...2)
        let client = scene.client("ana")
        let head = try #require(ids.last)
        let parts = head.split(separator: "-")

        let types = try await client.get(scene.logPath + "?types=test.*").json
        let whole = try await client.get(scene.logPath + "?after=\(parts[0])-0&limit=1000").json
        let beyond = try await client.get(scene.logPath + "?after=\(parts[0])-\((Int(parts[1]) ?? 0) + 1)")
        let foreign = try await client.get(scene.logPath + "?after=abcdefghij-1")
        let tooMany = try await client.get(scene.logPath + "?limit=1001")

        #expect(types["events"].array.compactMap { $0["id"].string } == ids && types["next"].string == head)
        #expect(whole["events"].array.compactMap { $0["seq"].int } == Array(1...(Int(parts[1]) ?? 0)))
        #expect(whole["floor"].string == "\(parts[0])-0")
        #expect(beyond.status == 422 && foreign.status == 410 && tooMany.status == 422)
    }
}
