import Broadcast
import Networking

/// The way to a shard: its loop's mailbox.
struct LoopPort: ShardPort {
    let home: LoopBound<LoopHome>

    func perform(_ work: @escaping @Sendable (Shard) -> Void) {
        home.loop.execute { [home] in work(home.value.shard) }
    }
}
