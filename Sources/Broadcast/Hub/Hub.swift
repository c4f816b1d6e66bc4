package import Events
import Synchronization
package import Telemetry

/// The meeting point of the log writer and the loops: takes committed blocks and hands each loop its share, once per group.
///
/// Reading order: `Frames/FrameBlock` (what is sent), `Ring/FrameRing` (where it lies), `Registry/StreamSlot` (who reads),
/// `Shard/Shard` (how one loop serves its readers), this file (how the loops are reached).
package final class Hub: Sendable {
    package let shardCount: Int
    package let replay: any ReplaySource
    package let stats: any StatsSource
    package let metrics: StreamMetrics
    let log: Log
    private let current: Mutex<StreamSettings>
    private let ports = Mutex<[any ShardPort]>([])
    private let registries: WorkspaceRegistries
    /// Names the streams of all loops.
    let connectionIDs: ConnectionIDs
    /// Open streams of the process.
    private let open = Atomic<Int>(0)

    /// - Parameter shardCount: the loops, 1–64.
    package init(
        settings: StreamSettings, shardCount: Int, registries: WorkspaceRegistries = WorkspaceRegistries(),
        replay: any ReplaySource, stats: any StatsSource,
        metrics: StreamMetrics, log: Log
    ) {
        precondition((1...64).contains(shardCount), "a shard is one bit of the interest mask")
        current = Mutex(settings)
        self.shardCount = shardCount
        self.registries = registries
        self.replay = replay
        self.stats = stats
        self.metrics = metrics
        self.log = log
        var random = SystemRandomNumberGenerator()
        connectionIDs = ConnectionIDs(using: &random)
    }

    /// Joins the loops, in the order of their shards' indices; called once, before anything is published.
    package func attach(_ ports: [any ShardPort]) {
        precondition(ports.count == shardCount, "one port a shard")
        self.ports.withLock { $0 = ports }
    }

    // MARK: Settings

    /// As streams opened now get them.
    package var settings: StreamSettings { current.withLock { $0 } }

    /// Replaces the settings, on the loops through their mailboxes. Open streams keep their heartbeat and their age, and
    /// none is closed for a lower limit of streams.
    package func use(_ settings: StreamSettings) {
        current.withLock { $0 = settings }
        for port in ports.withLock({ $0 }) { port.perform { $0.use(settings) } }
    }

    // MARK: Workspaces

    package func register(_ registry: WorkspaceRegistry) { registries.add(registry) }

    package func registry(of workspace: WorkspaceKey) -> WorkspaceRegistry? { registries[workspace] }

    /// The loop that samples a workspace's figures and hands them to the others.
    func homeShard(of workspace: WorkspaceKey) -> Int { Int(workspace.rawValue % Int64(shardCount)) }

    // MARK: Publishing

    /// Hands committed blocks to the loops that watch their workspaces: one mailbox entry a loop, whatever the group holds.
    ///
    /// Called by the log writer in commit order. The heads are published first, so that a resume never looks ahead of the log.
    /// - Parameter encode: makes the block of one batch; asked only where some loop watches.
    package func publish<Batch>(
        _ batches: [Batch], registry: (Batch) -> WorkspaceRegistry, head: (Batch) -> SequenceNumber,
        encode: (Batch) -> FrameBlock?
    ) {
        var shares: [Int: [FrameBlock]] = [:]
        for batch in batches {
            var interest = registry(batch).publish(head: head(batch))
            guard interest != 0, let block = encode(batch) else { continue }
            while interest != 0 {
                let shard = interest.trailingZeroBitCount
                shares[shard, default: []].append(block)
                interest &= interest - 1
            }
        }
        let ports = self.ports.withLock { $0 }
        for (shard, blocks) in shares {
            ports[shard].perform { $0.receive(blocks) }
        }
    }

    /// Hands freshly sampled figures to every loop but the one that sampled them.
    func deliver(_ frames: [(WorkspaceRegistry, StatsFrame)], except home: Int) {
        var shares: [Int: [(WorkspaceKey, StatsFrame)]] = [:]
        for (registry, frame) in frames {
            var interest = registry.interest & ~(1 << UInt64(home))
            while interest != 0 {
                shares[interest.trailingZeroBitCount, default: []].append((registry.key, frame))
                interest &= interest - 1
            }
        }
        let ports = self.ports.withLock { $0 }
        for (shard, frames) in shares {
            ports[shard].perform { shard in
                for (workspace, frame) in frames { shard.receive(frame, of: workspace) }
            }
        }
    }

    /// Tells the home loop that a workspace's figures are wanted, or no longer.
    func watchersChanged(_ registry: WorkspaceRegistry) {
        perform(on: homeShard(of: registry.key)) { $0.updateSampling(registry) }
    }

    /// Reaches a shard from any thread.
    func perform(on shard: Int, _ work: @escaping @Sendable (Shard) -> Void) {
        ports.withLock { $0[shard] }.perform(work)
    }

    // MARK: Admission

    /// Open streams of the process.
    package var openStreams: Int { open.load(ordering: .relaxed) }

    /// Takes a place; false when the process is full.
    func reserve() -> Bool {
        let count = open.add(1, ordering: .relaxed).newValue
        if count <= current.withLock({ $0.maximumConnections }) { return true }
        open.subtract(1, ordering: .relaxed)
        return false
    }

    func release() { open.subtract(1, ordering: .relaxed) }

    // MARK: Closing

    /// Closes the streams of a workspace on every loop (DELETE), and keeps their users out until the hold ends.
    ///
    /// The close generation is raised first, so that no stream being opened slips through.
    /// - Parameter users: whose streams; nil: everyone's.
    /// - Parameter whenDone: called once every loop has reported, with the number of closed streams.
    /// - Returns: what has been reported so far, at any time.
    @discardableResult
    package func closeAll(
        of registry: WorkspaceRegistry, users: Set<UserID>? = nil, reason: CloseReason = .admin,
        hold: WorkspaceRegistry.Hold? = nil, holdMilliseconds: Int64 = 0,
        whenDone: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> CloseTally {
        registry.raiseCloseGeneration()
        let ports = self.ports.withLock { $0 }
        let tally = CloseTally(awaited: ports.count, whenDone: whenDone)
        for port in ports {
            port.perform { shard in
                tally.report(
                    shard.closeAll(
                        of: registry.key, users: users, reason: reason, hold: hold, holdMilliseconds: holdMilliseconds))
            }
        }
        return tally
    }

    /// Ends every stream of the process with `closing {shutdown}`, spread over `window`.
    package func drain(over window: Duration) {
        for port in ports.withLock({ $0 }) { port.perform { $0.drain(over: window) } }
    }
}
