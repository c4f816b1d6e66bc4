import Broadcast
import Events
import Glibc
import Synchronization
import Telemetry

/// One hub with its shards, a log in memory, and a clock that the test turns: the production types over virtual sockets.
final class Stage {
    let hub: Hub
    let log: MemoryLog
    let registry: WorkspaceRegistry
    private(set) var shards: [Shard] = []
    private let ports: [QueuedPort]
    private(set) var now: Int64 = 1_000_000
    static let wallOffset: Int64 = 1_764_000_000_000
    static let epoch = Epoch("abcdefghij")!

    init(
        _ settings: StreamSettings = StreamSettings(), shards count: Int = 1, head: SequenceNumber = 0, seed: UInt64 = 1
    ) {
        log = MemoryLog(head: head)
        hub = Hub(
            settings: settings, shardCount: count, replay: log, stats: log, metrics: StreamMetrics(MetricsRegistry()),
            log: .discarded)
        registry = WorkspaceRegistry(
            key: WorkspaceKey(1), id: WorkspaceID("acme")!, epoch: Self.epoch, head: head, floor: 0)
        ports = (0..<count).map { _ in QueuedPort() }
        hub.attach(ports)
        hub.register(registry)
        for index in 0..<count {
            let shard = Shard(
                index: index, hub: hub, now: now, wall: now + Self.wallOffset, seed: seed + UInt64(index))
            shards.append(shard)
            ports[index].shard = shard
        }
    }

    var wall: Milliseconds { now + Self.wallOffset }

    /// Commits `count` events and hands them over, without running the loops.
    func commit(_ count: Int = 1, type: String = "message.sent", members: [UserID]? = nil) {
        publish(log.append(count, type: type, members: members), members: members)
    }

    /// Commits one event of each type as one group and hands it over.
    func commit(types: [String]) {
        publish(types.flatMap { log.append(1, type: $0, members: nil) }, members: nil)
    }

    private func publish(_ events: [Event], members: [UserID]?) {
        hub.publish([events], registry: { _ in self.registry }, head: { $0.last!.sequence }) { events in
            var builder = FrameBlockBuilder(
                workspace: self.registry.key, workspaceID: self.registry.id, epoch: Self.epoch)
            for event in events {
                builder.append(event, audience: members.map { self.registry.audience(of: $0) })
            }
            return builder.finish()
        }
    }

    /// Runs the mailboxes without serving a stream.
    func deliver() {
        for port in ports { _ = port.drain() }
    }

    /// Runs the mailboxes and walks until nothing is left to do.
    func run(budget: Int = 7) {
        var isBusy = true
        while isBusy {
            isBusy = log.answerPages()
            for port in ports { isBusy = port.drain() || isBusy }
            for shard in shards { isBusy = shard.walk(budget: budget) || isBusy }
        }
    }

    func advance(_ duration: Duration) {
        let end = now + duration.milliseconds
        while now < end {
            now = min(now + Shard.tickInterval, end)
            for shard in shards { shard.tick(now: now, wall: wall) }
            run()
        }
    }

    /// Another workspace on the same loops, without a log.
    func addWorkspace(_ name: String, key: Int64) -> WorkspaceRegistry {
        let other = WorkspaceRegistry(
            key: WorkspaceKey(key), id: WorkspaceID(name)!, epoch: Self.epoch, head: 0, floor: 0)
        hub.register(other)
        return other
    }

    /// Opens a stream as the service would.
    func open(
        user: String = "ada", resume: SequenceNumber? = nil, epoch: Epoch = Stage.epoch, filter: String? = nil,
        stats: Bool = false, events: Bool = true, chunked: Bool = true, capacity: Int = .max, shard: Int = 0,
        isBrowser: Bool = true, expiresIn: Duration? = nil, generation: UInt64? = nil,
        in other: WorkspaceRegistry? = nil
    ) -> VirtualClient {
        let registry = other ?? self.registry
        let request = StreamRequest(
            user: UserID(user)!, address: "127.0.0.1", isBrowser: isBrowser,
            expiresAt: expiresIn.map { wall + $0.milliseconds },
            resume: resume.map { StreamPosition(epoch: epoch, sequence: $0) },
            filter: filter.flatMap { TypeFilter($0) },
            wantsStats: stats, wantsEvents: events, isChunked: chunked,
            closeGeneration: generation ?? registry.closeGeneration)
        let client = VirtualClient(capacity: capacity, isChunked: chunked, shard: shards[shard])
        client.admission = shards[shard].admit(request, to: registry)
        guard client.admission == .open else { return client }
        client.token = shards[shard].open(request, in: registry, transport: client)
        return client
    }
}

/// A shard's mailbox that the test empties; jobs run in the order they came.
final class QueuedPort: ShardPort, @unchecked Sendable {
    // Tests are single-threaded: the port is used on the test's thread only.
    var shard: Shard?
    private let jobs = Mutex<[@Sendable (Shard) -> Void]>([])

    func perform(_ work: @escaping @Sendable (Shard) -> Void) { jobs.withLock { $0.append(work) } }

    func drain() -> Bool {
        let jobs = self.jobs.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        guard let shard else { return false }
        for job in jobs { job(shard) }
        return !jobs.isEmpty
    }
}

/// The log and the figures of the stage's workspace.
final class MemoryLog: ReplaySource, StatsSource, Sendable {
    private struct State {
        var events: [(event: Event, members: [UserID]?)] = []
        var base: SequenceNumber
        var pending: [@Sendable () -> Void] = []
        var failures = 0
        var fetches = 0
        var isPruned = false
    }
    private let state: Mutex<State>

    init(head: SequenceNumber) { state = Mutex(State(base: head)) }

    var fetches: Int { state.withLock { $0.fetches } }
    func failNext(_ count: Int) { state.withLock { $0.failures = count } }
    func prune() { state.withLock { $0.isPruned = true } }

    func append(_ count: Int, type: String, members: [UserID]?) -> [Event] {
        state.withLock { state in
            (0..<count).map { _ in
                let sequence = state.base + SequenceNumber(state.events.count) + 1
                let event = Event(
                    workspace: WorkspaceKey(1), eventID: EventID("e\(sequence)")!, sequence: sequence,
                    type: EventType(type)!, user: UserID("bob")!, session: nil, channel: nil, entity: nil,
                    occurredAt: 0, receivedAt: 0, data: Array("{\"n\":\(sequence)}".utf8))
                state.events.append((event, members))
                return event
            }
        }
    }

    func fetch(
        _ workspace: WorkspaceKey, after sequence: SequenceNumber, maximumBytes: Int,
        completion: @escaping @Sendable (ReplayPage) -> Void
    ) {
        state.withLock { state in
            state.fetches += 1
            state.pending.append { [self] in completion(page(after: sequence)) }
        }
    }

    /// Pages hold five events, so that a replay takes several.
    private func page(after sequence: SequenceNumber) -> ReplayPage {
        state.withLock { state in
            if state.isPruned { return .pruned }
            if state.failures > 0 {
                state.failures -= 1
                return .failed
            }
            let start = Int(sequence - state.base)
            guard start >= 0, start < state.events.count else { return .end }
            var builder = FrameBlockBuilder(
                workspace: WorkspaceKey(1), workspaceID: WorkspaceID("acme")!, epoch: Stage.epoch)
            let registryNumbers = numbers
            for entry in state.events[start..<min(start + 5, state.events.count)] {
                builder.append(
                    entry.event, audience: entry.members.map { Audience(registryNumbers($0)) })
            }
            guard let block = builder.finish() else { return .end }
            return .frames(block)
        }
    }

    /// How users become numbers; set by tests that use private events.
    typealias Numberer = @Sendable ([UserID]) -> [Int32]
    private let numberer = Mutex<Numberer>({ _ in [] })
    private var numbers: Numberer { numberer.withLock { $0 } }
    func number(by numberer: @escaping Numberer) { self.numberer.withLock { $0 = numberer } }

    func answerPages() -> Bool {
        let pending = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        for answer in pending { answer() }
        return !pending.isEmpty
    }

    func frame(for workspace: WorkspaceKey, at now: Milliseconds) -> StatsFrame? {
        let head = state.withLock { $0.base + SequenceNumber($0.events.count) }
        return StatsFrame(asOf: head, json: Array("{\"asOf\":\(head)}".utf8))
    }
}
