import Testing

/// What happens in a private channel reaches its members alone: live, on a resume, and in the log.
@Suite(.serialized) struct StreamPrivateChannelTests {
    private static let den: TestJSON = ["channelId": "den", "kind": "group", "private": true, "title": "Den"]

    private func say(_ number: Int64, _ scene: StreamScene) async throws {
        try await scene.post("message.sent", ["channelId": "den", "n": .integer(number)])
    }

    /// The numbers said in the den, and the public tick 100 behind them.
    private func heard(_ stream: StreamReader) async throws -> [Int] { try await stream.ticks(through: 100) }

    @Test func `S4-15 · live, a private channel's events reach its members, exact at each moment`() async throws {
        let scene = try await StreamScene.start()
        var streams: [String: StreamReader] = [:]
        for user in [StreamScene.admin, "ana", "bo"] { streams[user] = try await scene.streams(1, user)[0] }

        try await scene.post("conversation.created", Self.den)
        try await say(1, scene)
        try await scene.post("conversation.joined", ["channelId": "den", "userId": "ana"])
        try await say(2, scene)
        try await scene.post("conversation.left", ["channelId": "den"], as: "ana")
        try await say(3, scene)
        try await scene.postTicks(100...100)

        #expect(try await heard(#require(streams[StreamScene.admin])) == [1, 2, 3, 100])
        #expect(try await heard(#require(streams["ana"])) == [2, 100])
        #expect(try await heard(#require(streams["bo"])) == [100])
        #expect(streams["bo"]?.body.end(of: Array("den".utf8)) == nil)
        let types = streams["ana"]?.logged.compactMap { $0.json["eventType"].string }
        #expect(types == ["conversation.joined", "message.sent", "test.tick"])
    }

    @Test func `S4-15 · within one batch too, membership counts event by event`() async throws {
        let scene = try await StreamScene.start()
        try await scene.post("conversation.created", Self.den)
        let ana = try await scene.streams(1, "ana")[0]
        func item(_ type: String, _ data: TestJSON) -> TestJSON { ["eventType": .string(type), "eventData": data] }
        func said(_ number: Int64) -> TestJSON { item("message.sent", ["channelId": "den", "n": .integer(number)]) }
        let member: TestJSON = ["channelId": "den", "userId": "ana"]

        let reply = try await scene.client(StreamScene.admin).post(
            scene.logPath,
            [
                said(1), item("conversation.joined", member), said(2), item("conversation.left", member), said(3),
                StreamScene.tick(100),
            ])

        #expect(try reply.json["accepted"].int == 6)
        #expect(try await heard(ana) == [2, 100])
    }

    @Test func `S4-15 · a resume and the log show what one may see now and could see then`() async throws {
        let scene = try await StreamScene.start()
        let start = try await scene.head()
        try await scene.post("conversation.created", Self.den)
        try await say(1, scene)
        try await scene.post("conversation.joined", ["channelId": "den", "userId": "ana"])
        try await say(2, scene)
        try await scene.post("conversation.joined", ["channelId": "den", "userId": "bo"])
        try await say(3, scene)
        try await scene.post("conversation.left", ["channelId": "den", "userId": "bo"])
        try await scene.postTicks(100...100)

        // ana is a member since the second, bo no longer is, root made the channel.
        for (user, expected) in [("ana", [2, 3, 100]), ("bo", [100]), (StreamScene.admin, [1, 2, 3, 100])] {
            let resumed = try await scene.stream(user, query: "stats=off", lastEventID: start)
            let log = try await scene.log(as: user, after: start)

            #expect(try await heard(resumed) == expected, "\(user)")
            #expect(log.compactMap { $0["eventData"]["n"].int } == expected, "\(user)")
            #expect(log.map { $0.text } == resumed.logged.map { $0.json.text })
        }
    }

    @Test func `S4-15 · who may not see a channel cannot post in it, and learns nothing`() async throws {
        let scene = try await StreamScene.start()
        try await scene.post("conversation.created", Self.den)
        let root = try await scene.streams(1, StreamScene.admin)[0]

        let message = try await scene.client("bo").post(
            scene.path, ["eventType": "message.sent", "eventData": ["channelId": "den"]])
        let joining = try await scene.client("bo").post(
            scene.path, ["eventType": "conversation.joined", "eventData": ["channelId": "den"]])
        let nowhere = try await scene.client("bo").post(
            scene.path, ["eventType": "conversation.joined", "eventData": ["channelId": "nowhere"]])
        try await scene.postTicks(100...100)

        #expect(message.status == 404 && joining.status == 404)
        #expect(try joining.json["code"] == nowhere.json["code"] && joining.json["detail"] == nowhere.json["detail"])
        #expect(try await heard(root) == [100])
        #expect(root.logged.count == 1)
    }

    @Test func `a long poll is not told of what it may not see`() async throws {
        let scene = try await StreamScene.start()
        try await scene.post("conversation.created", Self.den)
        let head = try await scene.head()

        async let answer = scene.client("bo").get(scene.logPath + "?after=\(head)&wait=2s")
        try await say(1, scene)
        let page = try await answer.json

        #expect(page["events"].array.isEmpty)
    }
}
