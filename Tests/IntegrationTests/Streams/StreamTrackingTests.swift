import ServerSentEvents
import Testing

@Suite(.serialized) struct StreamTrackingTests {
    @Test func `S4-8 · a POST is answered with what was tracked and how many were told`() async throws {
        let scene = try await StreamScene.start()
        let streams = try await scene.streams(2, "ana") + scene.streams(1, "bo")

        let answer = try await scene.post(
            ["eventType": "user.action", "eventData": ["action": "click"], "sessionId": "s-1"], by: scene.client("ana"))

        #expect(answer["success"].bool == true && answer["message"].string == "Event tracked successfully")
        #expect(answer["eventType"].string == "user.action")
        #expect(answer["timestamp"].string?.hasSuffix("Z") == true)
        // The sender's own streams are addressed too.
        #expect(answer["notified"].int == streams.count)
        #expect(answer["id"].string?.hasSuffix("-\(answer["seq"].int ?? 0)") == true)
        for stream in streams { #expect(try await stream.next("event").id == answer["id"].string) }
    }

    @Test func `S4-8 · notified counts the streams that are entitled and subscribed`() async throws {
        let scene = try await StreamScene.start(people: ["ana", "bo", "cy"])
        try await scene.post("conversation.created", ["channelId": "den", "kind": "group", "private": true])
        try await scene.post("conversation.joined", ["channelId": "den", "userId": "ana"])
        let all = try await scene.streams(2, "ana")
        let messages = try await scene.streams(1, "bo", query: "types=message.*")
        let figures = try await scene.streams(1, "cy", query: "events=off")

        let tick = try await scene.post("test.tick")
        let message = try await scene.post("message.sent", ["channelId": "general"])
        let secret = try await scene.post("message.sent", ["channelId": "den"])

        #expect(tick["notified"].int == all.count)
        #expect(message["notified"].int == all.count + messages.count)
        #expect(secret["notified"].int == all.count)
        #expect(figures[0].logged.isEmpty)
    }

    @Test func `S4-8 · a repeated POST is answered alike, marked, and told to nobody`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.streams(1, "ana")[0]
        let client = scene.client("bo")
        let body = StreamScene.tick(1)

        let first = try await client.post(scene.path, body, ["Idempotency-Key": "k-1"]).json
        let second = try await client.post(scene.path, body, ["Idempotency-Key": "k-1"]).json
        let other = try await client.post(scene.path, StreamScene.tick(2), ["Idempotency-Key": "k-1"])
        try await scene.postTicks(3...3)

        #expect(first["notified"].int == 1 && first["duplicate"].isNull)
        #expect(second["notified"].int == 0 && second["duplicate"].bool == true)
        for name in ["eventId", "seq", "id", "receivedAt"] { #expect(first[name] == second[name], "\(name)") }
        #expect(other.status == 409)
        #expect(try await stream.ticks(through: 3) == [1, 3])
    }

    @Test func `S4-8 · an event that is refused reaches nobody`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.streams(1, "ana")[0]
        let client = scene.client("bo")

        let noType = try await client.post(scene.path, ["eventData": ["n": 1]])
        let badType = try await client.post(scene.path, ["eventType": "Not a type\r\nid: x"])
        let badPayload = try await client.post(
            scene.path, ["eventType": "message.sent", "eventData": ["channelId": "a b"]])
        let notTheirs = try await client.post(
            scene.path, ["eventType": "member.removed", "eventData": ["userId": "ana"]])
        try await scene.postTicks(1...1)

        for reply in [noType, badType, badPayload] {
            #expect((400..<500).contains(reply.status))
            #expect(reply.header("Content-Type")?.hasPrefix("application/problem+json") == true)
        }
        #expect(notTheirs.status == 403)
        #expect(try await stream.ticks(through: 1) == [1])
        #expect(stream.logged.count == 1)
    }
}
