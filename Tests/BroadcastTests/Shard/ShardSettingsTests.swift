import Broadcast
import Events
import Testing

/// Settings that change under open streams.
struct ShardSettingsTests {
    @Test func `a new interval of stats counts at once, for open streams too`() {
        let stage = Stage(shards: 2)
        let clients = [stage.open(stats: true, shard: 0), stage.open(stats: true, shard: 1)]
        stage.advance(.seconds(1))

        var settings = StreamSettings()
        settings.statsInterval = .seconds(1)
        stage.hub.use(settings)
        stage.run()
        stage.advance(.seconds(10))

        for client in clients { #expect((9...13).contains(client.names.filter { $0 == "stats" }.count)) }
    }

    @Test func `a workspace that is no longer watched is not sampled after a change either`() {
        let stage = Stage()
        let gone = stage.open(stats: true)
        gone.disconnect()
        stage.run()

        var settings = StreamSettings()
        settings.statsInterval = .seconds(1)
        stage.hub.use(settings)
        stage.run()
        stage.advance(.seconds(5))

        #expect(gone.names.filter { $0 == "stats" }.count == 1)
    }

    @Test func `heartbeat and age count for streams opened afterwards`() {
        let stage = Stage()
        let old = stage.open()
        var settings = StreamSettings()
        (settings.quietHeartbeat, settings.maximumAge) = (.seconds(1), .seconds(20))

        stage.hub.use(settings)
        stage.run()
        let new = stage.open()
        stage.advance(.seconds(14))
        #expect(old.names.filter { $0 == "ping" }.isEmpty)
        #expect(new.names.filter { $0 == "ping" }.count == 14)
        stage.advance(.seconds(10))

        #expect(new.messages.last?.data?.contains("max_age") == true)
        #expect(old.ending == nil)
    }

    @Test func `a lower limit refuses new streams and closes none`() {
        let stage = Stage()
        let clients = (0..<5).map { _ in stage.open(isBrowser: false) }
        var settings = StreamSettings()
        settings.maximumConnections = 3

        stage.hub.use(settings)
        stage.run()

        #expect(clients.allSatisfy { $0.ending == nil })
        if case .busy = stage.open(isBrowser: false).admission {} else { Issue.record("a sixth stream was let in") }
        settings.maximumConnections = 6
        stage.hub.use(settings)
        stage.run()
        #expect(stage.open(isBrowser: false).admission == .open)
    }

    @Test func `less memory for the rings is given back at once`() {
        let stage = Stage()
        let client = stage.open()
        for _ in 0..<200 { stage.commit(5) }
        stage.run()
        var settings = StreamSettings()
        settings.replayMemory = 10_000

        stage.hub.use(settings)
        stage.run()
        let resumed = stage.open(resume: 0)
        stage.run()

        // What has left the rings is read from the log.
        #expect(stage.log.fetches > 0)
        #expect(resumed.sequences == Array(1...1000) && client.sequences == Array(1...1000))
    }
}
