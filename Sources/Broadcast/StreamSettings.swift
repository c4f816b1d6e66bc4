/// The `streams.*` keys: how long streams live, how often they hear from us, how far they may fall behind.
package struct StreamSettings: Sendable {
    /// Between two pings of a stream that gets stats (seed row S4-10).
    package var heartbeat: Duration = .seconds(30)
    /// Between two pings of a stream that asked for no stats: stays under the 30 s time-outs of common proxies.
    package var quietHeartbeat: Duration = .seconds(15)
    /// Between two stats snapshots (seed row S4-11).
    package var statsInterval: Duration = .seconds(5)
    /// A stream's longest life, jittered to 80–100 % (seed row S4-12).
    package var maximumAge: Duration = .seconds(3600)
    /// Between two sweeps for stale streams (seed row S4-13).
    package var cleanupInterval: Duration = .seconds(300)
    /// How many bytes a blocked stream may lag before it is closed as `slow_consumer`.
    package var outboxBytes = 1 << 20
    /// How long a socket may hold unsent bytes without taking any.
    package var stallTimeout: Duration = .seconds(10)
    /// What all rings of all loops may hold.
    package var replayMemory = 64 << 20
    /// What one resume may replay; beyond it is a `reset {too_far}`.
    package var replayLimit = 16 << 20
    /// Open streams of the process; more are refused, none is evicted.
    package var maximumConnections = 100_000
    /// Open streams of one user in one workspace.
    package var maximumConnectionsPerUser = 100
    /// How long a user closed by an admin is kept out.
    package var adminCloseHold: Duration = .seconds(10)
    /// The base of every `retry:`; jittered to 100–150 %.
    package var retry: Duration = .seconds(2)
    /// How long a closing stream may take to accept its last words.
    package var linger: Duration = .seconds(2)

    package init() {}
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
