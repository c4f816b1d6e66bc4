import ServerSentEvents
import Synchronization

/// The events of one workspace, for as long as somebody iterates over them.
///
/// ```swift
/// let feed = client.events(workspace: "acme")
/// for try await event in feed {
///     if case .event(let logged) = event { print(logged.type) }
/// }
/// ```
/// Each loop is a run of its own. It connects, and reconnects by itself; it ends when it is left, its task is cancelled, or
/// ``disconnect()`` is called; after a 204 of the server; or with an error that trying again does not mend. The next loop goes
/// on after the last event that was taken, so nothing is lost or delivered twice between them. There is one loop at a
/// time: a new one ends the one before. All members may be used from any thread.
public final class EventFeed: AsyncSequence, Sendable {
    /// A decoded event, or one that is unknown.
    public typealias Element = AnalyticsEvent
    /// What ends a loop that cannot be mended.
    public typealias Failure = AnalyticsError

    /// The workspace, as it was given.
    public let workspace: String
    private let services: ClientServices
    private let bufferBytes: Int
    private let connectTimeout: Duration
    private let core: Mutex<Core>

    init(_ services: ClientServices, workspace: String, _ options: FeedOptions) {
        self.workspace = workspace
        self.services = services
        // One event fills a smaller one, and the feed would do little else than reconnect.
        bufferBytes = Swift.max(services.configuration.bufferBytes, 1 << 16)
        let settings = FeedSettings(services.configuration, options, workspace: workspace)
        connectTimeout = settings.connectTimeout
        core = Mutex(Core(FeedMachine(settings)))
    }

    deinit {
        let (transfer, sleeper, observers) = core.withLock { core in
            (core.transfer, core.sleeper, core.observers)
        }
        transfer?.transfer?.cancel()
        sleeper?.task.cancel()
        for observer in observers.values { observer.finish() }
    }

    // MARK: What it is doing

    /// What the feed is doing now.
    public var state: FeedState { core.withLock { $0.machine.state } }

    /// The state now, and every change of it. Any number of readers; one that is more than 64 changes behind misses the oldest
    /// of them. Ends when the feed is closed for good.
    public var states: AsyncStream<FeedState> {
        let (stream, continuation) = AsyncStream.makeStream(of: FeedState.self, bufferingPolicy: .bufferingNewest(64))
        let key = core.withLock { core in
            core.lastObserver += 1
            if !core.isClosed { core.observers[core.lastObserver] = continuation }
            core.jobs.append(.tell([continuation], core.machine.state))
            if core.isClosed { core.jobs.append(.finish([continuation])) }
            return core.lastObserver
        }
        continuation.onTermination = { [weak self] _ in
            self?.core.withLock { _ = $0.observers.removeValue(forKey: key) }
        }
        performJobs()
        return stream
    }

    /// The position behind the last event taken: store it, and give it to a later feed as ``FeedOptions/lastEventID``. Nil
    /// when there is none yet. Setting it drops what is buffered; a loop that runs goes on from there (nil: from now).
    public var lastEventID: String? {
        get {
            let position = core.withLock { $0.taken }
            return position.isEmpty ? nil : position
        }
        set {
            step { core, now in
                core.taken = newValue ?? ""
                core.buffer.removeAll()
                core.isFull = false
                return core.machine.receive(.bufferDrained, at: now) + core.machine.receive(.seek(core.taken), at: now)
            }
        }
    }

    // MARK: What it is told

    /// Drops the connection, or stops waiting, and connects at once, with all attempts before it. Without a loop that runs, it
    /// does nothing: a loop connects by itself.
    public func reconnect() {
        step { core, now in core.machine.receive(.reconnect, at: now) }
    }

    /// Closes the connection and ends the loop; what is buffered is not delivered any more, but by the next loop.
    public func disconnect() {
        step { core, now in self.end(&core, now) }
    }

    /// Disconnects for good: later loops end at once. ``AnalyticsClient/close()`` closes all feeds.
    public func close() {
        step { core, now in
            let actions = self.end(&core, now)
            core.isClosed = true
            core.pendingFinish = Array(core.observers.values)
            core.observers = [:]
            return actions
        }
    }

    /// Tracks one event in this workspace: ``AnalyticsClient/trackEvent(_:_:workspace:sessionID:idempotencyKey:)``.
    @discardableResult
    public func trackEvent(_ type: String, _ data: JSONValue = [:], sessionID: String? = nil)
        async throws(AnalyticsError)
        -> TrackedEvent
    {
        try await services.tracker.track(type, data, workspace: workspace, sessionID: sessionID, key: nil)
    }

    // MARK: Loops

    /// Begins a loop: connects.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(loop: Loop(self)) }

    /// A loop: the feed is connected from when it is made until it ends or is released.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let loop: Loop

        /// The next event; nil when the loop has ended in order.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(AnalyticsError) -> AnalyticsEvent? {
            while let delivery = try await loop.next() {
                switch delivery {
                case .block(let event): return AnalyticsEvent(event)
                case .event(let event, _, _): return event
                case .position, .state: continue
                }
            }
            return nil
        }

        /// The next event; nil when the loop has ended in order.
        public mutating func next() async throws(AnalyticsError) -> AnalyticsEvent? {
            try await next(isolation: nil)
        }
    }

    /// Ends its run with its last reference.
    final class Loop: Sendable {
        private let feed: EventFeed
        private let number: Int

        /// - Parameters:
        ///   - tellsStates: whether state changes are delivered in their place between the events.
        ///   - connects: false leaves that to ``connect()``, for who holds a lock.
        init(_ feed: EventFeed, tellsStates: Bool = false, connects: Bool = true) {
            self.feed = feed
            number = feed.begin(tellsStates: tellsStates)
            if connects { connect() }
        }

        func connect() { feed.performJobs() }

        deinit { feed.leave(number) }

        func next() async throws(AnalyticsError) -> Delivery? { try await feed.next(number).get() }
    }

    /// What it decides is left to `performJobs`.
    private func begin(tellsStates: Bool) -> Int {
        var number = 0
        decide { core, now in
            if let waiter = core.waiter { core.jobs.append(.resume(waiter, .success(nil))) }
            core.waiter = nil
            core.loop += 1
            number = core.loop
            core.buffer.removeAll()
            core.isFull = false
            core.tellsStates = tellsStates
            core.outcome = core.isClosed ? .success(nil) : nil
            return core.isClosed ? [] : core.machine.receive(.begin(position: core.taken), at: now)
        }
        return number
    }

    /// The loop is not read any more.
    private func leave(_ loop: Int) {
        step { core, now in core.loop == loop ? self.end(&core, now) : [] }
    }

    /// Ends the running loop; nothing that is buffered is delivered.
    private func end(_ core: inout Core, _ now: Duration) -> [FeedMachine.Action] {
        core.buffer.removeAll()
        core.isFull = false
        if core.outcome == nil { core.outcome = .success(nil) }
        return core.machine.receive(.end, at: now)
    }

    private func next(_ loop: Int) async -> Result<Delivery?, AnalyticsError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                step { core, now in
                    guard core.loop == loop, !Task.isCancelled else {
                        core.jobs.append(.resume(continuation, .success(nil)))
                        return []
                    }
                    if core.waiter == nil {
                        core.waiter = continuation
                    } else {
                        let error = AnalyticsError(.busy, "another task reads this loop")
                        core.jobs.append(.resume(continuation, .failure(error)))
                    }
                    return []
                }
            }
        } onCancel: {
            leave(loop)
        }
    }

    // MARK: The machine and its surroundings

    private typealias Waiter = CheckedContinuation<Result<Delivery?, AnalyticsError>, Never>

    /// What is done outside the lock, in order, by one thread at a time.
    private enum Job {
        case authorize(attempt: Int, rejected: String?)
        case start(attempt: Int, TransportRequest)
        case cancel(any TransportTransfer)
        case resume(Waiter, Result<Delivery?, AnalyticsError>)
        case tell([AsyncStream<FeedState>.Continuation], FeedState)
        case finish([AsyncStream<FeedState>.Continuation])
        case log(LogEntry.Level, String, [String: String])
    }

    private struct Core {
        var machine: FeedMachine
        var buffer = DeliveryBuffer()
        /// The position behind the last delivery taken.
        var taken: String
        /// More is buffered than may be, and the machine knows.
        var isFull = false

        /// The number of the newest loop.
        var loop = 0
        var waiter: Waiter?
        /// How that loop ends when the buffer is empty; nil while it runs.
        var outcome: Result<Delivery?, AnalyticsError>? = .success(nil)
        var tellsStates = false
        var isClosed = false

        var observers: [Int: AsyncStream<FeedState>.Continuation] = [:]
        var lastObserver = 0
        var pendingFinish: [AsyncStream<FeedState>.Continuation] = []

        var jobs: [Job] = []
        var isPerforming = false
        /// The transfer of that attempt; without a value while it is being started.
        var transfer: (attempt: Int, transfer: (any TransportTransfer)?, isCancelled: Bool)?
        /// Wakes the machine at that time.
        var sleeper: (deadline: Duration, task: Task<Void, Never>)?

        init(_ machine: FeedMachine) {
            self.machine = machine
            taken = machine.position
        }
    }

    /// Runs the machine and does what it says.
    private func step(_ work: (inout Core, Duration) -> [FeedMachine.Action]) {
        decide(work)
        performJobs()
    }

    private func decide(_ work: (inout Core, Duration) -> [FeedMachine.Action]) {
        core.withLock { core in
            let now = services.clock.now()
            apply(work(&core, now), &core)
            if !core.isFull, core.buffer.bytes > bufferBytes {
                core.isFull = true
                apply(core.machine.receive(.bufferFull, at: now), &core)
            }
            serve(&core, now)
            arrangeWakeUp(&core)
            if !core.pendingFinish.isEmpty {
                core.jobs.append(.finish(core.pendingFinish))
                core.pendingFinish = []
            }
        }
    }

    private func apply(_ actions: [FeedMachine.Action], _ core: inout Core) {
        for action in actions {
            switch action {
            case .authorize(let attempt, let rejected):
                core.jobs.append(.authorize(attempt: attempt, rejected: rejected))
            case .start(let attempt, let request):
                core.transfer = (attempt, nil, false)
                core.jobs.append(.start(attempt: attempt, request))
            case .cancel(let attempt):
                guard core.transfer?.attempt == attempt else { break }
                core.transfer?.isCancelled = true
                if let transfer = core.transfer?.transfer { core.jobs.append(.cancel(transfer)) }
            case .deliver(let delivery): core.buffer.append(delivery)
            case .enter(let state):
                if core.tellsStates { core.buffer.append(.state(state)) }
                core.jobs.append(.tell(Array(core.observers.values), state))
            case .finish(let error):
                if core.outcome == nil { core.outcome = error.map { .failure($0) } ?? .success(nil) }
            case .log(let level, let message, let metadata): core.jobs.append(.log(level, message, metadata))
            }
        }
    }

    /// Gives the waiting reader what is next.
    private func serve(_ core: inout Core, _ now: Duration) {
        guard let waiter = core.waiter else { return skipPositions(&core) }
        if let delivery = core.buffer.popFirst() {
            core.waiter = nil
            took(delivery, &core)
            core.jobs.append(.resume(waiter, .success(delivery)))
        } else if let outcome = core.outcome {
            core.waiter = nil
            core.jobs.append(.resume(waiter, outcome))
        }
        if core.isFull, core.buffer.bytes <= bufferBytes / 2 {
            core.isFull = false
            apply(core.machine.receive(.bufferDrained, at: now), &core)
        }
    }

    /// Moves behind events that are not for this reader as soon as all before them have been taken.
    private func skipPositions(_ core: inout Core) {
        guard case .position? = core.buffer.first, let delivery = core.buffer.popFirst() else { return }
        took(delivery, &core)
    }

    private func took(_ delivery: Delivery, _ core: inout Core) {
        switch delivery {
        case .block(let event): core.taken = event.id ?? ""
        case .event(_, let id?, _), .position(let id): core.taken = id
        case .event(_, nil, _), .state: break
        }
    }

    /// One sleeper is enough: it wakes for the earliest time ever asked for, and sleeps on if that has moved.
    private func arrangeWakeUp(_ core: inout Core) {
        guard let deadline = core.machine.nextDeadline else {
            core.sleeper?.task.cancel()
            core.sleeper = nil
            return
        }
        if let sleeper = core.sleeper {
            guard deadline < sleeper.deadline else { return }
            sleeper.task.cancel()
        }
        let sleep = services.clock.sleep
        let task = Task { [weak self] in
            // Cancelled: an earlier time is waited for by another.
            guard (try? await sleep(deadline)) != nil, !Task.isCancelled else { return }
            self?.wakeUp(deadline)
        }
        core.sleeper = (deadline, task)
    }

    private func wakeUp(_ deadline: Duration) {
        step { core, now in
            guard core.sleeper?.deadline == deadline else { return [] }
            core.sleeper = nil
            return core.machine.receive(.tick, at: now)
        }
    }

    /// Does what has been decided; a thread that finds another one at it leaves it to that one.
    private func performJobs() {
        let isMine = core.withLock { core in
            defer { core.isPerforming = true }
            return !core.isPerforming
        }
        guard isMine else { return }
        while true {
            let jobs = core.withLock { core in
                defer { core.jobs = [] }
                core.isPerforming = !core.jobs.isEmpty
                return core.jobs
            }
            if jobs.isEmpty { return }
            for job in jobs { perform(job) }
        }
    }

    private func perform(_ job: Job) {
        switch job {
        case .authorize(let attempt, let rejected):
            let (tokens, limit) = (services.tokens, connectTimeout)
            Task { [weak self] in
                do {
                    let token = try await tokens.token(rejected: rejected, within: limit)
                    self?.step { core, now in core.machine.receive(.authorized(attempt: attempt, token: token), at: now)
                    }
                } catch {
                    self?.step { core, now in core.machine.receive(.notAuthorized(attempt: attempt, error), at: now) }
                }
            }
        case .start(let attempt, let request): start(attempt, request)
        case .cancel(let transfer): transfer.cancel()
        case .resume(let waiter, let result): waiter.resume(returning: result)
        case .tell(let observers, let state): for observer in observers { observer.yield(state) }
        case .finish(let observers): for observer in observers { observer.finish() }
        case .log(let level, let message, let metadata):
            guard let log = services.configuration.log else { return }
            log(LogEntry(level: level, message: message, metadata: metadata.merging(["workspace": workspace]) { $1 }))
        }
    }

    private func start(_ attempt: Int, _ request: TransportRequest) {
        let isWanted = core.withLock { $0.transfer.map { $0.attempt == attempt && !$0.isCancelled } ?? false }
        guard isWanted else {
            // Cancelled before it began: as if it had ended.
            return step { core, now in core.machine.receive(.transport(attempt: attempt, .ended(nil)), at: now) }
        }
        let transfer = services.transport.start(request) { [weak self] event in
            self?.step { core, now in
                if case .ended = event, core.transfer?.attempt == attempt { core.transfer = nil }
                return core.machine.receive(.transport(attempt: attempt, event), at: now)
            }
        }
        let isCancelled = core.withLock { core in
            guard core.transfer?.attempt == attempt else { return false }
            core.transfer?.transfer = transfer
            return core.transfer?.isCancelled ?? false
        }
        if isCancelled { transfer.cancel() }
    }
}
