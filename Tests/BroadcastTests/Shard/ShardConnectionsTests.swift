import Broadcast
import Events
import Synchronization
import Testing

struct ShardConnectionsTests {
    /// Asks all loops of the stage and gives what they answer.
    private func list(
        _ stage: Stage, user: String? = nil, limit: Int = 100, of workspace: Int64 = 1
    ) -> StreamListing {
        let answers = Mutex<[StreamListing]>([])
        stage.hub.listStreams(of: WorkspaceKey(workspace), user: user.flatMap { UserID($0) }, limit: limit) { listing in
            answers.withLock { $0.append(listing) }
        }
        stage.deliver()
        return answers.withLock { $0.count == 1 ? $0[0] : StreamListing() }
    }

    private func close(
        _ stage: Stage, _ id: String, hold: WorkspaceRegistry.Hold? = nil, milliseconds: Int64 = 0, in key: Int64 = 1
    ) -> UserID? {
        let answer = Mutex<UserID??>(nil)
        stage.hub.closeStream(id, of: WorkspaceKey(key), hold: hold, holdMilliseconds: milliseconds) { user in
            answer.withLock { $0 = .some(user) }
        }
        stage.deliver()
        return answer.withLock { $0 ?? UserID("unanswered") }
    }

    // MARK: Listing

    @Test func `streams of all loops are listed oldest first, and those beyond the limit are counted`() {
        let stage = Stage(shards: 3)
        let clients = (0..<12).map { number in
            stage.advance(.milliseconds(100))
            return stage.open(user: "u\(number)", shard: number * 7 % 3)
        }

        let all = list(stage)
        let oldest = list(stage, limit: 5)

        #expect(all.streams.map(\.connectionID) == clients.map(\.connectionID))
        #expect(all.total == 12 && all.isComplete)
        #expect(oldest.streams == Array(all.streams.prefix(5)))
        #expect(oldest.total == 12)
    }

    @Test func `a stream is described by what it asked for and where it stands`() {
        let stage = Stage(head: 7)
        _ = stage.open(user: "ada", filter: "task.created,message.*", stats: true)
        stage.advance(.seconds(2))
        _ = stage.open(user: "bob", stats: true, events: false)

        let streams = list(stage).streams

        let ada = streams[0]
        #expect(ada.user.text == "ada" && ada.address == "127.0.0.1")
        #expect(ada.filter?.patterns == ["task.created", "message.*"] && ada.wantsStats && ada.wantsEvents)
        #expect(ada.age == 2_000 && ada.openedAt == stage.wall - 2_000)
        #expect(ada.position == StreamPosition(epoch: Stage.epoch, sequence: 7))
        #expect(ada.lagEvents == 0 && ada.lagBytes == 0 && ada.state == .live)
        #expect(streams[1].filter == nil && streams[1].wantsStats && !streams[1].wantsEvents)
        #expect(streams[1].age == 0)
    }

    @Test func `a slow reader's lag and unsent bytes are told as they are, a swift one has none`() {
        let stage = Stage()
        let slow = stage.open(user: "slow")
        let swift = stage.open(user: "swift")
        let before = swift.bytes.count
        slow.capacity = 10
        slow.unsentBytes = 4_711

        stage.commit(5)
        stage.run()

        let streams = list(stage).streams
        // Ten bytes of the first frame have left: the socket was given that one, the rest of it and four more wait here.
        #expect(streams[0].lagEvents == 4 && streams[0].position.sequence == 1)
        #expect(streams[0].lagBytes == swift.bytes.count - before - 10)
        #expect(streams[0].unsentBytes == 4_711)
        #expect(streams[1].lagEvents == 0 && streams[1].lagBytes == 0 && streams[1].unsentBytes == 0)
    }

    @Test func `a stream that wants no events has no lag`() {
        let stage = Stage()
        let client = stage.open(stats: true, events: false)
        client.capacity = 0

        stage.commit(3)
        stage.run()

        #expect(list(stage).streams.map(\.lagEvents) == [0])
    }

    @Test func `a stream below its ring is replaying, and live once it has caught up`() {
        let stage = Stage()
        stage.commit(12)
        _ = stage.open(resume: 0)

        let begun = list(stage).streams[0]
        stage.run()
        let caughtUp = list(stage).streams[0]

        #expect(begun.state == .replaying && begun.lagEvents == 12)
        #expect(caughtUp.state == .live && caughtUp.lagEvents == 0 && caughtUp.position.sequence == 12)
    }

    @Test func `a closing stream is listed until its last words have left`() {
        let stage = Stage()
        let client = stage.open()
        client.capacity = 0

        stage.hub.closeAll(of: stage.registry)
        stage.deliver()
        let closing = list(stage)
        client.drain(10_000)

        #expect(closing.streams.map(\.state) == [.closing] && closing.total == 1)
        #expect(list(stage).total == 0)
    }

    @Test func `a closing stream is never listed in the workspace that took its place`() {
        var settings = StreamSettings()
        settings.linger = .seconds(60)
        let stage = Stage(settings)
        let client = stage.open()
        client.capacity = 0
        stage.hub.closeAll(of: stage.registry)
        stage.deliver()
        // Its workspace is let go of after half a minute without a stream; the next one gets its number.
        stage.advance(.seconds(40))
        let other = stage.addWorkspace("beta", key: 2)
        _ = stage.open(user: "eve", in: other)

        #expect(list(stage, of: 2).streams.map(\.user.text) == ["eve"])
        #expect(list(stage).streams.map(\.state) == [.closing])
    }

    @Test func `only one user's streams are listed on demand`() {
        let stage = Stage(shards: 2)
        for number in 0..<6 { _ = stage.open(user: number < 2 ? "ada" : "bob", shard: number % 2) }

        let listing = list(stage, user: "ada")

        #expect(listing.total == 2 && listing.streams.allSatisfy { $0.user.text == "ada" })
    }

    @Test func `another workspace's streams are not listed`() {
        let stage = Stage()
        let other = stage.addWorkspace("beta", key: 2)
        _ = stage.open(user: "ada")
        let foreign = stage.open(user: "ada", in: other)

        #expect(list(stage).total == 1)
        #expect(list(stage, of: 2).streams.map(\.connectionID) == [foreign.connectionID])
    }

    @Test func `a loop that does not answer leaves the listing incomplete`() {
        let stage = Stage(shards: 2)
        _ = stage.open(shard: 0)
        let calls = Mutex(0)

        let collector = stage.hub.listStreams(of: WorkspaceKey(1), limit: 10) { _ in calls.withLock { $0 += 1 } }
        let before = collector.listing
        stage.deliver()

        #expect(!before.isComplete && before.total == 0)
        #expect(collector.listing.isComplete && collector.listing.total == 1)
        #expect(calls.withLock { $0 } == 1)
    }

    // MARK: Closing one

    @Test func `one stream is closed and every other goes on, that of the same user too`() {
        let stage = Stage(shards: 2)
        let clients = (0..<6).map { stage.open(user: "ada", shard: $0 % 2) }

        let closed = close(stage, clients[3].connectionID)
        stage.commit()
        stage.run()

        #expect(closed?.text == "ada")
        #expect(clients[3].messages.last?.data?.contains("\"reason\":\"admin\"") == true)
        #expect(clients[3].ending == .finished && clients[3].sequences.isEmpty)
        for (index, client) in clients.enumerated() where index != 3 {
            #expect(client.ending == nil && client.sequences == [1])
        }
        #expect(stage.open(user: "ada").admission == .open)
    }

    @Test func `a hold keeps the closed user out, and the client is told to wait so long`() {
        let stage = Stage()
        let client = stage.open(user: "ada")
        let hold = WorkspaceRegistry.Hold(until: stage.wall + 60_000, isFinal: false)

        _ = close(stage, client.connectionID, hold: hold, milliseconds: 60_000)

        #expect(client.messages.last?.data?.contains("\"retryMs\":6") == true)
        if case .turnedAway(.admin, _) = stage.open(user: "ada").admission {} else { Issue.record("ada was let in") }
        #expect(stage.open(user: "bob").admission == .open)
    }

    @Test func `another workspace's id closes nothing, nor does one that ended or never was`() {
        let stage = Stage(shards: 2)
        let other = stage.addWorkspace("beta", key: 2)
        let foreign = stage.open(user: "eve", shard: 1, in: other)
        let gone = stage.open(user: "ada")
        gone.disconnect()
        _ = stage.open(user: "ada")
        let hold = WorkspaceRegistry.Hold(until: stage.wall + 60_000, isFinal: true)

        let answers = [foreign.connectionID, gone.connectionID, "conn_1", "x", ""].map {
            close(stage, $0, hold: hold, milliseconds: 60_000)
        }

        #expect(answers == [nil, nil, nil, nil, nil])
        #expect(foreign.ending == nil)
        #expect(stage.open(user: "eve", in: other).admission == .open)
        #expect(stage.open(user: "eve").admission == .open)
    }
}
