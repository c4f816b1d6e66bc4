import Access
import Broadcast
import Events
import Networking

/// What lives on one event loop besides its connections; confined to it.
final class LoopHome {
    /// Streams served between two looks at the sockets.
    private static let walkBudget = 256

    let shard: Shard
    /// Tokens that were verified on this loop.
    var verified = VerifiedCredentials()
    private let loop: EventLoop
    private let clock: @Sendable () -> Milliseconds

    init(shard: Shard, loop: EventLoop, clock: @escaping @Sendable () -> Milliseconds) {
        self.shard = shard
        self.loop = loop
        self.clock = clock
    }

    /// Joins the shard to the loop's turns and to its time.
    func start() {
        loop.onTurnEnd { [shard] in shard.walk(budget: Self.walkBudget) }
        tick()
    }

    private func tick() {
        shard.tick(now: loop.now.milliseconds, wall: clock())
        _ = loop.schedule(after: .milliseconds(Shard.tickInterval)) { [weak self] in self?.tick() }
    }
}
