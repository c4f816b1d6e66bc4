import Access
import Broadcast
import Events
import Networking
import Telemetry

/// What lives on one event loop besides its connections; confined to it.
final class LoopHome {
    /// Streams served between two looks at the sockets.
    private static let walkBudget = 256
    /// Milliseconds by which the wall clock may leave the monotonic one between two ticks without a word.
    private static let notableJump: Milliseconds = 60_000

    let shard: Shard
    /// Tokens that were verified on this loop.
    var verified = VerifiedCredentials()
    private let loop: EventLoop
    private let clock: @Sendable () -> Milliseconds
    private let log: Log
    /// Wall clock minus monotonic clock at the last tick.
    private var offset: Milliseconds?

    init(shard: Shard, loop: EventLoop, clock: @escaping @Sendable () -> Milliseconds, log: Log) {
        self.shard = shard
        self.loop = loop
        self.clock = clock
        self.log = log
    }

    /// Joins the shard to the loop's turns and to its time.
    func start() {
        loop.onTurnEnd { [shard] in shard.walk(budget: Self.walkBudget) }
        tick()
    }

    private func tick() {
        let wall = clock()
        noteJump(to: wall)
        shard.tick(now: loop.now.milliseconds, wall: wall)
        _ = loop.schedule(after: .milliseconds(Shard.tickInterval)) { [weak self] in self?.tick() }
    }

    /// A wall clock that jumps moves the windows of the figures; whoever looks at them should know.
    private func noteJump(to wall: Milliseconds) {
        let current = wall - loop.now.milliseconds
        defer { offset = current }
        guard loop.index == 0, let offset, abs(current - offset) > Self.notableJump else { return }
        log.warning("the wall clock jumped", ["clock.jump.ms": .integer(Int(current - offset))])
    }
}
