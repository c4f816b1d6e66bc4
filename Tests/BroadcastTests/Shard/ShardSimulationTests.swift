import Broadcast
import Events
import Testing

/// The production shard over virtual sockets and time, driven by seeded chance: slow sockets, cuts, resumes, filters,
/// private events, failing pages, small rings. Invariant: a reader that comes back with its last position has, over all
/// its connections, every event it may see, once, in order, or was told `reset`.
struct ShardSimulationTests {
    private final class Reader {
        let user: String
        let filter: String?
        var client: VirtualClient
        var seen: [Int64]
        var position: StreamPosition?
        var start: Int64

        init(user: String, filter: String?, client: VirtualClient, start: Int64) {
            self.user = user
            self.filter = filter
            self.client = client
            self.start = start
            seen = []
        }

        /// Takes over what the connection brought before it is given up.
        func collect() {
            for message in client.messages {
                if message.event == "reset", let id = message.id.flatMap({ StreamPosition($0) }) {
                    seen = []
                    start = id.sequence
                }
                if message.event == "event" { seen.append(message.sequence) }
                if let id = message.id { position = StreamPosition(id) }
            }
        }
    }

    @Test(arguments: 0..<200) func `readers lose and repeat nothing`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var settings = StreamSettings()
        settings.replayMemory = [3_000, 20_000, 1 << 20][Int(random.below(3))]
        settings.outboxBytes = [2_000, 1 << 20][Int(random.below(2))]
        settings.replayLimit = [9_000, 1 << 24][Int(random.below(2))]
        settings.maximumAge = .seconds(60)
        let stage = Stage(settings, shards: 2, seed: seed)
        stage.log.number { [registry = stage.registry] in $0.map { registry.number(of: $0) } }
        let users = ["ada", "bob", "eve"]
        var visible: [(sequence: Int64, type: String, members: [String]?)] = []

        func open(_ user: String, _ filter: String?, _ position: StreamPosition?) -> VirtualClient {
            stage.open(
                user: user, resume: position?.sequence, filter: filter, stats: random.below(2) == 0,
                chunked: random.below(4) > 0, capacity: Int(random.below(3_000)), shard: Int(random.below(2)))
        }
        var readers: [Reader] = []
        for index in 0..<6 {
            let filter = index % 3 == 2 ? "task.*" : nil
            let user = users[index % 3]
            readers.append(
                Reader(user: user, filter: filter, client: open(user, filter, nil), start: stage.registry.head))
        }

        for _ in 0..<150 {
            switch random.below(6) {
            case 0, 1:
                let type = random.below(2) == 0 ? "task.created" : "message.sent"
                let members: [String]? = random.below(3) == 0 ? users.filter { _ in random.below(2) == 0 } : nil
                let count = Int(1 + random.below(4))
                for _ in 0..<count { visible.append((Int64(visible.count + 1), type, members)) }
                stage.commit(count, type: type, members: members?.map { UserID($0)! })
            case 2: stage.advance(.milliseconds(Int64(random.below(3_000))))
            case 3: if random.below(4) == 0 { stage.log.failNext(1) }
            case 4:
                let reader = readers[Int(random.below(UInt64(readers.count)))]
                reader.client.disconnect()
                reader.collect()
                reader.client = open(
                    reader.user, reader.filter,
                    reader.position ?? StreamPosition(epoch: Stage.epoch, sequence: reader.start))
            default:
                readers[Int(random.below(UInt64(readers.count)))].client.drain(Int(random.below(4_000)))
            }
            if random.below(2) == 0 { stage.run(budget: Int(1 + random.below(5))) }
        }
        // At the end everyone reads freely; whoever was closed comes back.
        for reader in readers {
            repeat {
                if reader.client.ending != nil {
                    reader.collect()
                    reader.client = open(
                        reader.user, reader.filter,
                        reader.position ?? StreamPosition(epoch: Stage.epoch, sequence: reader.start))
                }
                reader.client.capacity = .max
                reader.client.drain(0)
                stage.run()
                stage.advance(.seconds(3))
            } while reader.client.ending != nil
            reader.client.disconnect()
            reader.collect()
        }

        for reader in readers {
            let expected = visible.filter {
                $0.sequence > reader.start && ($0.members?.contains(reader.user) ?? true)
                    && (reader.filter == nil || $0.type.hasPrefix("task."))
            }.map(\.sequence)
            #expect(reader.seen == expected, "seed \(seed), \(reader.user)")
        }
        #expect(stage.registry.connections == 0)
        #expect(stage.hub.openStreams == stage.shards.reduce(0) { $0 + $1.openCount })
    }
}
