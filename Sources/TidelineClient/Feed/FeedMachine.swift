import ServerSentEvents

/// All decisions of a feed: when to connect, what to send, what an answer means, how long to wait, when to poll, when to stop.
///
/// Pure: what happens comes in with its time, what must be done goes out, and there is no I/O, clock or lock inside. It has one
/// transfer at most, stream or poll; the next begins when the end of the last has been reported, so that a server never
/// sees two.
///
/// ```
/// idle → authorizing → (clearing) → awaiting ─┬→ streaming ─→ waiting ─→ authorizing …
///                                             └→ a poll's answer ─→ awaiting (next page) │ waiting
///        any of them → congested (the reader is behind) → authorizing;   any of them → idle (closed)
/// ```
/// `FeedMachine+Stream` reads streams, `FeedMachine+Poll` reads answers.
package struct FeedMachine {
    /// What happened.
    package enum Input {
        /// Somebody began to iterate, and wants what follows `position` (empty: what follows now).
        case begin(position: String)
        /// Nobody iterates any more.
        case end
        /// Drop what is open, or stop waiting, and connect.
        case reconnect
        /// Go on from another position.
        case seek(String)
        case authorized(attempt: Int, token: String?)
        case notAuthorized(attempt: Int, any Error)
        case transport(attempt: Int, TransportEvent)
        /// More is buffered than may be.
        case bufferFull
        /// The reader has caught up enough.
        case bufferDrained
        /// ``nextDeadline`` has passed.
        case tick
    }

    /// What must be done, in this order.
    package enum Action {
        /// Get a token; in place of `rejected` when it is set.
        case authorize(attempt: Int, rejected: String?)
        case start(attempt: Int, TransportRequest)
        case cancel(attempt: Int)
        case deliver(Delivery)
        case enter(FeedState)
        /// The loop ends; the error is thrown after all that was delivered.
        case finish(AnalyticsError?)
        case log(LogEntry.Level, String, [String: String])
    }

    /// What a transfer is for.
    enum Goal: Equatable { case stream, snapshot, log }

    enum Phase {
        case idle
        case authorizing(Goal, until: Duration)
        /// The end of the last transfer has not been reported.
        case clearing(Goal, until: Duration)
        /// Sent, and nothing read: of a stream until its first byte, of all else until the end.
        case awaiting(Goal, until: Duration)
        case streaming(StreamLife)
        case waiting(Goal, until: Duration)
        case congested(Goal)
    }

    /// A stream since its first byte.
    struct StreamLife {
        /// When it is taken for dead.
        var idleUntil: Duration
        /// When it counts as a success for having lasted; nil once it does.
        var provenAt: Duration?
        /// It brought something that only a working stream brings.
        var hasProven = false
        /// It said something else than `closing`.
        var isOpen = false
    }

    let settings: FeedSettings
    /// Where the next stream goes on; empty: nowhere in particular.
    package internal(set) var position: String
    /// What was last told.
    package private(set) var state = FeedState.closed(.notStarted)

    var phase = Phase.idle
    var now = Duration.zero
    private var actions: [Action] = []

    /// The current attempt; what comes of others is stale.
    private var attempt = 0
    /// The transfer whose end has not been reported, cancelled or not.
    private var transfer: (attempt: Int, isCancelled: Bool)?
    private var token: String?
    /// The token to replace at the next authorization.
    private var rejected: String?
    /// A fresh token was asked for since the last success.
    var hasRefreshed = false

    /// Failed attempts since the last success.
    var failures = 0
    /// Streams in a row that failed or stayed mute.
    var streamFailures = 0
    var backoff: Backoff
    /// How long a stream may be silent.
    var idleTimeout: Duration
    private var isBufferFull = false
    /// Where the reader was when it last fell behind.
    private var congestedAt: String?
    /// How often in a row it fell behind without having got any further.
    private var futileCongestions = 0

    /// Polls are how events come.
    var isPolling = false
    /// When a stream is tried again while polling.
    var streamDue: Duration?
    var entityTag: String?
    /// The log refused the position: the next snapshot gives another.
    var pendingReset: String?
    /// The log refused the last position, and has accepted none since.
    var hasLeftPosition = false

    /// Head and body of the answer that is being read.
    var head: TransportHead?
    var body: [UInt8] = []
    var parser = EventStreamParser()

    package init(_ settings: FeedSettings) {
        self.settings = settings
        position = settings.options.lastEventID ?? ""
        backoff = settings.backoff
        idleTimeout = settings.idleTimeout
    }

    /// When `tick` is due; nil: nothing is waited for.
    package var nextDeadline: Duration? {
        switch phase {
        case .idle, .congested: nil
        case .authorizing(_, let until), .clearing(_, let until), .awaiting(_, let until), .waiting(_, let until): until
        case .streaming(let life): min(life.idleUntil, life.provenAt ?? life.idleUntil)
        }
    }

    package mutating func receive(_ input: Input, at now: Duration) -> [Action] {
        self.now = now
        switch input {
        case .begin(let position): begin(position)
        case .end: if isRunning { close(.disconnected) }
        case .reconnect: if isRunning { restart() }
        case .seek(let position):
            self.position = position
            pendingReset = nil
            if isRunning { restart() }
        case .authorized(let attempt, let token): authorized(attempt, token)
        case .notAuthorized(let attempt, let error):
            guard attempt == self.attempt, case .authorizing = phase else { break }
            lost(.failure(AnalyticsError(.token, "no token could be had", underlying: error)))
        case .transport(let attempt, let event): received(attempt, event)
        case .bufferFull: bufferFull()
        case .bufferDrained: bufferDrained()
        case .tick: tick()
        }
        defer { actions = [] }
        return actions
    }

    func isDue(_ deadline: Duration) -> Bool { deadline <= now }

    mutating func emit(_ action: Action) { actions.append(action) }

    // MARK: Beginning and ending

    private var isRunning: Bool { if case .idle = phase { false } else { true } }

    private mutating func begin(_ position: String) {
        self.position = position
        pendingReset = nil
        isBufferFull = false
        backoff = settings.backoff
        idleTimeout = settings.idleTimeout
        restart()
    }

    private mutating func restart() {
        cancel()
        failures = 0
        streamFailures = 0
        hasRefreshed = false
        rejected = nil
        // Unconditional: a snapshot that has not changed names no position.
        entityTag = nil
        hasLeftPosition = false
        (congestedAt, futileCongestions) = (nil, 0)
        streamDue = nil
        isPolling = settings.options.pollsOnly
        enter(.connecting)
        attempt(isPolling ? pollGoal : .stream)
    }

    mutating func close(_ reason: FeedState.Reason) {
        cancel()
        phase = .idle
        enter(.closed(reason))
        if case .failure(let error) = reason { emit(.finish(error)) } else { emit(.finish(nil)) }
    }

    mutating func enter(_ state: FeedState) {
        guard state != self.state else { return }
        self.state = state
        emit(.enter(state))
        switch state {
        case .connecting: emit(.log(.debug, "connecting", ["lastEventID": position]))
        case .open: emit(.log(.debug, "stream open", [:]))
        case .polling: emit(.log(.warning, "streams do not get through, polling", [:]))
        case .waiting(let attempt, let delay, let cause):
            let isFailure = if case .failure = cause { true } else { false }
            let about = ["attempt": "\(attempt)", "delay": "\(delay)", "cause": "\(cause)"]
            emit(.log(isFailure ? .warning : .debug, "waiting", about))
        case .closed(let reason):
            let isFailure = if case .failure = reason { true } else { false }
            emit(.log(isFailure ? .warning : .debug, "closed", ["reason": "\(reason)"]))
        }
    }

    // MARK: One attempt

    /// Begins the next attempt, unless the reader is behind.
    mutating func attempt(_ goal: Goal) {
        guard !isBufferFull else { return congest(goal) }
        if goal == .stream, !isPolling { enter(.connecting) }
        attempt += 1
        phase = .authorizing(goal, until: now + settings.connectTimeout)
        emit(.authorize(attempt: attempt, rejected: rejected))
        rejected = nil
    }

    private mutating func authorized(_ attempt: Int, _ token: String?) {
        guard attempt == self.attempt, case .authorizing(let goal, let until) = phase else { return }
        self.token = token
        start(goal, until: goal == .stream ? until : now + settings.requestTimeout)
    }

    /// Sends the request as soon as the last transfer has ended.
    mutating func start(_ goal: Goal, until: Duration) {
        guard transfer == nil else {
            phase = .clearing(goal, until: min(until, now + Self.clearingTime))
            return
        }
        attempt += 1
        transfer = (attempt, false)
        (head, body) = (nil, [])
        phase = .awaiting(goal, until: until)
        emit(.start(attempt: attempt, settings.request(goal, after: position, entityTag: entityTag, token: token)))
    }

    /// Some transports never report the end (`URLSession` on Linux after a 307 without `Location`).
    private static let clearingTime = Duration.seconds(2)

    /// Closes what is open; nothing more of it counts.
    mutating func cancel() {
        attempt += 1
        guard let transfer, !transfer.isCancelled else { return }
        self.transfer?.isCancelled = true
        emit(.cancel(attempt: transfer.attempt))
    }

    private mutating func received(_ attempt: Int, _ event: TransportEvent) {
        if case .ended = event, attempt == transfer?.attempt {
            transfer = nil
            if case .clearing(let goal, _) = phase {
                return start(goal, until: now + (goal == .stream ? settings.connectTimeout : settings.requestTimeout))
            }
        }
        guard attempt == self.attempt else { return }
        switch (phase, event) {
        case (.awaiting(let goal, let until), .response(let head)): receivedHead(head, goal, until)
        case (.awaiting(let goal, _), .bytes(let bytes)): receivedBytes(bytes, goal)
        case (.awaiting(let goal, _), .ended(let error)): ended(goal, error)
        case (.streaming, .bytes(let bytes)): read(bytes)
        case (.streaming, .ended(nil)): lost(.ended)
        case (.streaming, .ended(let error?)): lost(.failure(Self.broken(error)))
        default: break
        }
    }

    /// An authorization that is refused may be mended once by a fresh token.
    mutating func refreshToken(_ goal: Goal) -> Bool {
        guard settings.canRefreshToken, !hasRefreshed else { return false }
        hasRefreshed = true
        rejected = token ?? ""
        cancel()
        attempt(goal)
        return true
    }

    static func broken(_ error: any Error) -> AnalyticsError {
        AnalyticsError(.transport, "the connection failed", underlying: error)
    }

    // MARK: Time

    private mutating func tick() {
        guard let nextDeadline, isDue(nextDeadline) else { return }
        switch phase {
        case .idle, .congested: break
        case .authorizing: lost(.failure(AnalyticsError(.timedOut, "no token came in time")))
        case .clearing(let goal, let until):
            transfer = nil
            start(goal, until: until + (goal == .stream ? settings.connectTimeout : settings.requestTimeout))
        case .awaiting(let goal, _):
            if let head, !isExpected(head, goal) {
                answered(goal, head)
            } else {
                let what = goal == .stream ? "the stream did not begin in time" : "the answer did not come in time"
                lost(.failure(AnalyticsError(.timedOut, what)))
            }
        case .streaming(var life):
            if isDue(life.idleUntil) {
                streamFailures += life.hasProven ? 1 : 0
                return lost(.failure(AnalyticsError(.timedOut, "the stream went silent")))
            }
            life.provenAt = nil
            failures = 0
            phase = .streaming(life)
        case .waiting(let goal, _):
            if isPolling, let streamDue, isDue(streamDue) {
                self.streamDue = nil
                attempt(.stream)
            } else {
                attempt(goal)
            }
        }
    }

    // MARK: Failing

    /// The stream or the attempt is over: waits, polls, or gives up.
    /// - Parameter hold: how long the server asked to stay away; kept in full, within bounds.
    mutating func lost(_ cause: FeedState.Cause, hold: Duration? = nil) {
        let goal = goal
        if case .streaming(let life) = phase, life.hasProven {
            // It worked; what ended it says nothing against streams.
        } else if goal == .stream {
            streamFailures += 1
        }
        cancel()
        // The poll that follows a failed stream belongs to the same attempt.
        if goal == .stream || isPolling { failures += 1 }
        guard settings.options.autoReconnect else { return close(Self.reason(cause)) }
        if let limit = settings.options.maxReconnectAttempts, failures > limit { return giveUp(cause, after: limit) }
        let isPollDue = goal == .stream && streamFailures >= settings.pollAfterFailures ?? .max
        if isPolling, goal == .stream {
            // Polls go on; the server's wish is about streams.
            streamDue = hold.map { now + min(max($0, .zero), settings.maximumServerDelay) }
            emit(.log(.warning, "a stream still does not get through", ["cause": "\(cause)"]))
            return attempt(pollGoal)
        }
        if isPollDue, hold == nil {
            enter(.waiting(attempt: failures, delay: .zero, cause: cause))
            return attempt(pollGoal)
        }
        let delay = delay(max(1, failures), hold)
        let next = isPolling || isPollDue ? pollGoal : Goal.stream
        phase = .waiting(next, until: now + delay)
        enter(.waiting(attempt: max(1, failures), delay: delay, cause: cause))
    }

    private func delay(_ attempt: Int, _ hold: Duration?) -> Duration {
        let chance = settings.random()
        guard let hold else { return backoff.delay(attempt, chance: chance) }
        return backoff.delay(attempt, hold: hold, atMost: settings.maximumServerDelay, chance: chance)
    }

    /// What the current attempt is for.
    private var goal: Goal {
        switch phase {
        case .idle, .streaming: .stream
        case .authorizing(let goal, _), .clearing(let goal, _), .awaiting(let goal, _), .waiting(let goal, _),
            .congested(let goal):
            goal
        }
    }

    private mutating func giveUp(_ cause: FeedState.Cause, after limit: Int) {
        let last: AnalyticsError? = if case .failure(let error) = cause { error } else { nil }
        close(.failure(AnalyticsError(.gaveUp, "\(limit) attempts in a row failed", underlying: last)))
    }

    private static func reason(_ cause: FeedState.Cause) -> FeedState.Reason {
        if case .failure(let error) = cause { .failure(error) } else { .ended }
    }

    // MARK: The reader

    private mutating func bufferFull() {
        isBufferFull = true
        switch phase {
        case .idle, .waiting, .congested: break
        case .streaming, .authorizing, .clearing, .awaiting:
            let goal = goal
            cancel()
            futileCongestions = congestedAt == position ? futileCongestions + 1 : 0
            congestedAt = position
            congest(goal)
        }
    }

    private mutating func congest(_ goal: Goal) {
        phase = .congested(goal)
        enter(.waiting(attempt: failures, delay: .zero, cause: .slowReader))
    }

    private mutating func bufferDrained() {
        isBufferFull = false
        guard case .congested(let goal) = phase else { return }
        guard futileCongestions > 0 else { return attempt(goal) }
        // What each stream begins with fills the buffer: the reader keeps up, if anything, when it is asked for seldom.
        let delay = delay(futileCongestions, .zero)
        phase = .waiting(goal, until: now + delay)
        enter(.waiting(attempt: failures, delay: delay, cause: .slowReader))
    }
}
