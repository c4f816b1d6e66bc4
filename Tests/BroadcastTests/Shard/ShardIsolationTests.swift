import Broadcast
import Events
import Telemetry
import Testing

/// Two workspaces on one loop: neither sees anything of the other.
struct ShardIsolationTests {
    /// Figures that name their workspace.
    private struct NamedFigures: StatsSource {
        func frame(for workspace: WorkspaceKey, at now: Milliseconds) -> StatsFrame? {
            StatsFrame(asOf: 0, json: Array("{\"workspace\":\(workspace.rawValue)}".utf8))
        }
    }

    @Test func `figures and events reach the streams of their own workspace only`() throws {
        let log = MemoryLog(head: 0)
        let hub = Hub(
            settings: StreamSettings(), shardCount: 1, replay: log, stats: NamedFigures(),
            metrics: StreamMetrics(MetricsRegistry()), log: .discarded)
        let port = QueuedPort()
        hub.attach([port])
        let shard = Shard(index: 0, hub: hub, now: 0, wall: Stage.wallOffset, seed: 1)
        port.shard = shard
        let registries = try [1, 2].map { number in
            WorkspaceRegistry(
                key: WorkspaceKey(number), id: try #require(WorkspaceID("w-\(number)")), epoch: Stage.epoch, head: 0,
                floor: 0)
        }
        let clients = try registries.map { registry in
            hub.register(registry)
            let request = StreamRequest(
                user: try #require(UserID("ada")), address: "127.0.0.1", isBrowser: true, expiresAt: nil, resume: nil,
                filter: nil, wantsStats: true, wantsEvents: true, isChunked: true,
                closeGeneration: registry.closeGeneration)
            let client = VirtualClient(capacity: .max, isChunked: true, shard: shard)
            _ = shard.admit(request, to: registry)
            client.token = shard.open(request, in: registry, transport: client)
            return client
        }

        let event = try #require(log.append(1, type: "task.created", members: nil).first)
        hub.publish([event], registry: { _ in registries[0] }, head: { $0.sequence }) { event in
            var builder = FrameBlockBuilder(
                workspace: registries[0].key, workspaceID: registries[0].id, epoch: Stage.epoch)
            builder.append(event, audience: nil)
            return builder.finish()
        }
        for now in stride(from: Int64(100), through: 6_000, by: 100) {
            shard.tick(now: now, wall: Stage.wallOffset + now)
            while port.drain() || shard.walk(budget: 8) {}
        }

        #expect(clients[0].sequences == [1] && clients[1].sequences.isEmpty)
        for (number, client) in zip(1..., clients) {
            let figures = client.messages.filter { $0.event == "stats" }.compactMap(\.data)
            #expect(figures.count >= 2 && figures.allSatisfy { $0 == "{\"workspace\":\(number)}" })
        }
    }
}
