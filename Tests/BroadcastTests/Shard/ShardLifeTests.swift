import Broadcast
import Events
import Testing

struct ShardLifeTests {
    @Test func `a ping comes every heartbeat and sooner on a stream without stats`() {
        let stage = Stage()
        let full = stage.open(stats: true)
        let quiet = stage.open(stats: false)

        stage.advance(.seconds(91))

        #expect(full.names.filter { $0 == "ping" }.count == 3)
        #expect(quiet.names.filter { $0 == "ping" }.count == 6)
        #expect(full.messages.last { $0.event == "ping" }?.data?.hasPrefix("{\"timestamp\":17") == true)
    }

    @Test func `a stream ends between 80 and 100 percent of its age, with its reason and a clean end`() {
        var settings = StreamSettings()
        settings.maximumAge = .seconds(100)
        let stage = Stage(settings)
        let clients = (0..<40).map { _ in stage.open() }

        stage.advance(.seconds(79))
        #expect(clients.allSatisfy { $0.ending == nil })
        stage.advance(.seconds(22))

        #expect(clients.allSatisfy { $0.ending == .finished })
        #expect(clients.allSatisfy { $0.messages.last?.data?.contains("\"reason\":\"max_age\"") == true })
        #expect(clients.allSatisfy { $0.bytes.suffix(5) == ChunkFraming.last[...] })
        #expect(stage.hub.openStreams == 0)
    }

    @Test func `a stream ends when its credential does`() {
        let stage = Stage()
        let client = stage.open(expiresIn: .seconds(10))

        stage.advance(.seconds(11))

        #expect(client.messages.last?.data?.contains("\"reason\":\"auth_expired\"") == true)
        #expect(client.ending == .finished)
    }

    @Test func `a mute reader is cut after the stall time-out and others never notice`() {
        let stage = Stage()
        let mute = stage.open()
        mute.capacity = 10
        let good = stage.open()

        stage.commit()
        stage.run()
        stage.advance(.seconds(9))
        #expect(stage.registry.connections == 2)
        stage.advance(.seconds(4))

        #expect(mute.ending == .aborted)
        #expect(stage.registry.connections == 1)
        #expect(good.sequences == [1] && good.ending == nil)
    }

    @Test func `a reader that lags too far is told so, after the frame it was in`() {
        var settings = StreamSettings()
        settings.outboxBytes = 2_000
        let stage = Stage(settings)
        let client = stage.open()
        client.capacity = 30

        for _ in 0..<40 {
            stage.commit()
            stage.run()
        }
        client.drain(10_000)

        #expect(client.sequences == [1])
        #expect(client.messages.last?.data?.contains("slow_consumer") == true)
        #expect(client.ending == .finished)
    }

    @Test func `an admin closes every stream on every loop and keeps those users out for the hold`() async {
        let stage = Stage(shards: 2)
        let clients = [stage.open(user: "ada", shard: 0), stage.open(user: "bob", shard: 1)]
        let other = UserID("eve")!

        let hold = WorkspaceRegistry.Hold(until: stage.wall + 10_000, isFinal: false)
        let count: Int = await withCheckedContinuation { done in
            stage.hub.closeAll(of: stage.registry, hold: hold, holdMilliseconds: 10_000) { done.resume(returning: $0) }
            stage.run()
        }

        #expect(count == 2)
        #expect(clients.allSatisfy { $0.messages.last?.data?.contains("\"reason\":\"admin\"") == true })
        guard case .turnedAway(.admin, let retry) = stage.open(user: "ada").admission else {
            Issue.record("the hold was not kept")
            return
        }
        #expect(retry >= 10_000)
        #expect(stage.open(user: other.text).admission == .open)
        stage.advance(.seconds(11))
        #expect(stage.open(user: "ada").admission == .open)
    }

    @Test func `a stream authorised before a close cannot slip in after it`() {
        let stage = Stage()
        let generation = stage.registry.closeGeneration
        stage.hub.closeAll(of: stage.registry) { _ in }
        stage.run()

        let client = stage.open(generation: generation)

        #expect(client.token == nil)
        #expect(stage.registry.connections == 0 && stage.hub.openStreams == 0)
    }

    @Test func `a final hold answers 204`() {
        let stage = Stage()
        _ = stage.open(user: "ada")
        stage.hub.closeAll(
            of: stage.registry, hold: .init(until: stage.wall + 600_000, isFinal: true), holdMilliseconds: 600_000
        ) { _ in }
        stage.run()

        #expect(stage.open(user: "ada").admission == .ended)
    }

    @Test func `limits turn away the new and never the old`() {
        var settings = StreamSettings()
        settings.maximumConnections = 3
        settings.maximumConnectionsPerUser = 2
        let stage = Stage(settings)
        let open = [stage.open(user: "a"), stage.open(user: "a"), stage.open(user: "b")]

        let browser = stage.open(user: "c", isBrowser: true).admission
        let service = stage.open(user: "c", isBrowser: false).admission
        open[2].disconnect()
        let sameUser = stage.open(user: "a", isBrowser: false).admission

        #expect(open.allSatisfy { $0.ending == nil })
        if case .turnedAway(.capacity, _) = browser {} else { Issue.record("\(browser)") }
        if case .busy = service {} else { Issue.record("\(service)") }
        if case .busy = sameUser {} else { Issue.record("\(sameUser)") }
        #expect(stage.open(user: "c").admission == .open)
    }

    @Test func `a drain spreads the ends over its window`() {
        let stage = Stage()
        let clients = (0..<50).map { stage.open(user: "u\($0)") }

        stage.hub.drain(over: .seconds(10))
        stage.run()
        stage.advance(.seconds(5))
        let half = clients.filter { $0.ending != nil }.count
        stage.advance(.seconds(6))

        #expect((10...40).contains(half))
        #expect(clients.allSatisfy { $0.messages.last?.data?.contains("shutdown") == true })
    }

    @Test func `connection ids are unique over slots, generations and loops`() {
        let stage = Stage(shards: 2)
        var ids: Set<String> = []

        for round in 0..<30 {
            let client = stage.open(user: "u\(round)", shard: round % 2)
            let data = client.messages[0].data ?? ""
            ids.insert(String(data.prefix { $0 != "," }))
            if round % 3 != 0 { client.disconnect() }
        }

        #expect(ids.count == 30)
    }

    @Test func `notified counts the streams entitled and subscribed`() {
        let stage = Stage()
        _ = stage.open(user: "ada")
        _ = stage.open(user: "ada", filter: "task.*")
        _ = stage.open(user: "eve", events: false)
        let bob = stage.open(user: "bob", filter: "message.*")

        let all = stage.registry.entitled(to: EventType("message.sent")!, members: nil)
        let some = stage.registry.entitled(to: EventType("task.created")!, members: [UserID("ada")!, UserID("bob")!])
        bob.disconnect()

        #expect(all == 2 && some == 2)
        #expect(stage.registry.entitled(to: EventType("message.sent")!, members: nil) == 1)
    }
}
