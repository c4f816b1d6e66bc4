import Broadcast
import Events
import Testing

struct ShardDeliveryTests {
    @Test func `a fresh stream is told the head and gets what follows it, once, in order`() {
        let stage = Stage(head: 7)
        let client = stage.open()

        stage.commit(3)
        stage.commit(2)
        stage.run()

        #expect(client.names.first == "connected")
        #expect(client.messages[0].id == "abcdefghij-7")
        #expect(client.sequences == [8, 9, 10, 11, 12])
    }

    @Test func `events that arrive together leave in one write`() {
        let stage = Stage()
        let client = stage.open()
        let before = client.writes

        for _ in 0..<20 { stage.commit(3) }
        stage.run()

        #expect(client.sequences.count == 60)
        #expect(client.writes == before + 1)
    }

    @Test func `a close-delimited stream gets the plain bytes`() {
        let stage = Stage()
        let client = stage.open(stats: true, chunked: false)

        stage.commit(4)
        stage.run()
        stage.advance(.seconds(31))

        #expect(client.sequences == [1, 2, 3, 4])
        #expect(client.names.contains("stats") && client.names.contains("ping"))
        #expect(!String(decoding: client.bytes, as: UTF8.self).contains("\r"))
    }

    @Test(arguments: [1, 3, 17, 100, 1_000]) func `a frame whose first byte left is finished whatever the socket takes`(
        step: Int
    ) {
        let stage = Stage()
        let client = stage.open(stats: true, capacity: 0)
        for _ in 0..<5 { stage.commit(4) }
        stage.run()

        while client.sequences.count < 20 { client.drain(step) }

        #expect(client.sequences == Array(1...20))
        #expect(client.names.prefix(2) == ["connected", "stats"])
    }

    @Test func `a filter lets only its types through and hides the rest from no position`() {
        let stage = Stage()
        let client = stage.open(filter: "task.*")

        stage.commit(3, type: "message.sent")
        stage.commit(2, type: "task.created")
        stage.commit(2, type: "message.sent")
        stage.run()
        stage.advance(.seconds(16))

        #expect(client.sequences == [4, 5])
        #expect(client.lastID?.sequence == 7)
        #expect(client.names.contains("event") && client.messages.contains { $0.event == nil && $0.data == nil })
    }

    @Test(arguments: [true, false]) func `a filter picks its events out of a group`(isChunked: Bool) {
        let stage = Stage()
        let client = stage.open(filter: "task.*", chunked: isChunked)

        stage.commit(types: ["message.sent", "task.created", "task.updated", "message.sent", "task.completed"])
        stage.run()

        #expect(client.sequences == [2, 3, 5])
    }

    @Test func `an event for some reaches nobody else, filter or not`() {
        let stage = Stage()
        let ada = stage.open(user: "ada")
        let eve = stage.open(user: "eve")
        let filtered = stage.open(user: "eve", filter: "message.*")

        stage.commit(2)
        stage.commit(1, members: [UserID("ada")!])
        stage.commit(1, members: [])
        stage.commit(1)
        stage.run()

        #expect(ada.sequences == [1, 2, 3, 5])
        #expect(eve.sequences == [1, 2, 5])
        #expect(filtered.sequences == [1, 2, 5])
    }

    @Test func `the two loops give their streams the same order`() {
        let stage = Stage(shards: 2)
        let left = stage.open(shard: 0)
        let right = stage.open(shard: 1)

        for _ in 0..<10 { stage.commit(3) }
        stage.run()

        #expect(left.sequences == Array(1...30) && right.sequences == left.sequences)
    }

    @Test func `stats come at once, then every interval, newest only`() {
        let stage = Stage()
        let client = stage.open(stats: true)
        #expect(client.names == ["connected", "stats"])
        stage.run()

        stage.advance(.seconds(20))

        #expect(client.names.filter { $0 == "stats" }.count == 5)
    }

    @Test func `figures are sent once, whatever follows them`() {
        let stage = Stage()
        let client = stage.open(stats: true)
        stage.run()
        stage.advance(.seconds(6))
        let before = client.names.filter { $0 == "stats" }.count

        for _ in 0..<3 {
            stage.commit()
            stage.run()
        }

        #expect(before >= 2)
        #expect(client.names.filter { $0 == "stats" }.count == before)
        #expect(client.sequences == [1, 2, 3])
    }

    @Test func `a stalled reader is given one snapshot for all it missed`() {
        var settings = StreamSettings()
        settings.stallTimeout = .seconds(100)
        let stage = Stage(settings)
        let client = stage.open(stats: true)
        client.capacity = 0
        stage.commit()
        stage.run()

        stage.advance(.seconds(30))
        client.drain(1 << 20)

        #expect(client.names.filter { $0 == "stats" }.count == 2)
        #expect(client.sequences == [1])
    }

    @Test func `a workspace that nobody watches is not sampled`() {
        let stage = Stage(shards: 2)
        let client = stage.open(stats: true, shard: 1)
        stage.advance(.seconds(6))
        client.disconnect()
        stage.run()
        let second = stage.open(stats: true, shard: 0)
        second.disconnect()
        stage.run()

        stage.advance(.seconds(60))

        #expect(client.names.filter { $0 == "stats" }.count == 2)
        #expect(stage.registry.connections == 0)
    }
}
