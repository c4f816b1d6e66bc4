import Broadcast
import Events
import Testing

/// The walk over a workspace's streams while events arrive and streams leave: nobody is passed over.
struct ShardWalkTests {
    @Test func `events that arrive during a walk reach those who were served before`() {
        let stage = Stage()
        let clients = (0..<6).map { stage.open(user: "u\($0)") }

        stage.commit()
        stage.deliver()
        _ = stage.shards[0].walk(budget: 4)
        stage.commit()
        stage.run()

        #expect(clients.allSatisfy { $0.sequences == [1, 2] })
    }

    /// The lap begins in the middle of the list, so that the last stream can move behind the walk.
    @Test func `a stream that takes the place of one that left is served in the same walk`() {
        let stage = Stage()
        let clients = (0..<6).map { stage.open(user: "u\($0)") }
        stage.commit()
        stage.deliver()
        _ = stage.shards[0].walk(budget: 3)
        stage.commit()
        stage.deliver()
        _ = stage.shards[0].walk(budget: 2)

        clients[4].disconnect()
        stage.run()

        for index in [0, 1, 2, 3, 5] { #expect(clients[index].sequences == [1, 2], "stream \(index)") }
    }
}
