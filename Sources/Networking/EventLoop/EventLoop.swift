import CLinux
import Glibc
import Synchronization
package import Telemetry

/// A thread that waits for its descriptors, its mailbox and its timers, and does one thing at a time.
///
/// A turn: wait → events of descriptors → mailbox → timers → turn-end hooks → one flush of each connection that was written to →
/// reports of closed connections. Whatever lives on the loop is confined to it and needs no lock; other threads come in through
/// ``execute(_:)``, or by `await`, since a loop is an executor too. Nothing on a loop may block.
///
/// ```swift
/// let loop = try EventLoop(index: 0, log: log, metrics: metrics)
/// loop.start()
/// loop.execute { loop.schedule(after: .seconds(1)) { loop.stop() } }
/// loop.join()
/// ```
///
/// Files, in reading order: `EventLoop` (what may be called), `EventLoop+Turn` (what the thread does), `EventLoop+Executor`,
/// `Mailbox`, `Epoll`, `Selectable`.
// Sendable, though the compiler cannot see it. What other threads reach is immutable or guarded by itself: `index`, `log`,
// `mailbox` (Mutex), `epoll` (kernel object; only `wake` is called from outside), `threadID` and `connectionLoad` (atomic),
// `joining` (Mutex), instruments (atomic). All else, the part marked "confined", is touched by the loop's thread only: each entry
// point has a precondition on it. The thread starts after init and is joined or detached before deinit, because it holds
// a reference to the loop while it runs; pthread_create orders what init wrote before what the thread reads.
package final class EventLoop: @unchecked Sendable {
    /// The place in its group, from 0; also the label of its metrics.
    package let index: Int

    let log: Log
    let mailbox = Mailbox()
    let epoll: Epoll
    let turns: Counter
    let turnSeconds: Histogram
    /// Connections that live here or are on their way here.
    let connectionLoad = Atomic<Int>(0)
    /// The pthread_t of the running thread, or 0.
    let threadID = Atomic<UInt>(0)
    let joining = Mutex<pthread_t?>(nil)

    // Confined to the loop's thread.
    var registrations = RegistrationTable()
    var wheel: TimerWheel<() -> Void>
    var hooks: [() -> Bool] = []
    /// Connections with bytes to flush at the end of the turn; each at most once.
    var dirty: [Connection] = []
    /// Connections that may read again and hold bytes that were not consumed; each at most once.
    var rereading: [Connection] = []
    /// Connections that closed in this turn and whose handlers do not know yet.
    var closed: [Connection] = []
    var batch: [Mailbox.Job] = []
    var isStopping = false
    /// What sockets are read into; one for all, since a handler consumes during the call.
    var readBuffer = [UInt8](repeating: 0, count: EventLoop.bufferBytes)
    /// Where small pieces of output are gathered.
    var writeBuffer = [UInt8](repeating: 0, count: EventLoop.bufferBytes)
    var time: MonotonicTime

    /// The way of TLS connections to their sockets; made for the first one.
    lazy var tlsPort = TLSPort()
    /// Handshakes that this turn may still begin.
    var handshakeBudget = EventLoop.handshakesPerTurn
    let handshakes: [Bool: Counter]

    /// A signature takes longer than a hundred sends: connections that come together must not hold up the streams.
    static var handshakesPerTurn: Int { 8 }
    /// The most bytes one read or gathered write moves: past 64 KiB a larger call gains nothing.
    static var bufferBytes: Int { 65_536 }

    /// Makes a loop that does not run yet; what is executed meanwhile waits.
    package init(index: Int, log: Log, metrics: MetricsRegistry) throws(NetworkError) {
        self.index = index
        self.log = log
        epoll = try Epoll()
        time = .read()
        wheel = TimerWheel(now: time)
        turns = metrics.counter(
            "tideline_loop_turns_total", help: "Turns of an event loop.", labels: ["loop": "\(index)"])
        turnSeconds = metrics.histogram(
            "tideline_loop_turn_seconds", help: "How long a turn of an event loop took, waiting excluded.",
            labels: ["loop": "\(index)"])
        handshakes = Dictionary(
            uniqueKeysWithValues: [true, false].map { isDone in
                (
                    isDone,
                    metrics.counter(
                        "tideline_tls_handshakes_total", help: "TLS handshakes that ended.",
                        labels: ["outcome": isDone ? "done" : "failed"])
                )
            })
        metrics.gauge(
            "tideline_loop_mailbox_depth", help: "Jobs that wait for an event loop.", labels: ["loop": "\(index)"]
        ) { [mailbox] in Double(mailbox.depth) }
        metrics.gauge(
            "tideline_loop_connections", help: "Connections of an event loop.", labels: ["loop": "\(index)"]
        ) { [weak self] in Double(self?.connectionCount ?? 0) }
    }

    // MARK: From any thread

    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool {
        threadID.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Traps unless the caller runs on this loop's thread.
    package func preconditionCurrent() {
        precondition(isCurrent, "called off its event loop")
    }

    /// Runs `job` on the loop, in a later turn, in the order of arrival; wakes the loop only when it sleeps.
    /// - Returns: false when the loop has stopped; the job is then dropped.
    @discardableResult
    package func execute(_ job: @escaping @Sendable () -> Void) -> Bool {
        post(.work(job))
    }

    func post(_ job: Mailbox.Job) -> Bool {
        switch mailbox.post(job) {
        case .queued: return true
        case .queuedWake:
            epoll.wake()
            return true
        case .closed: return false
        }
    }

    /// How many connections live here or were accepted for here.
    package var connectionCount: Int { connectionLoad.load(ordering: .relaxed) }

    // MARK: On the loop only

    /// The time at which this turn began.
    package var now: MonotonicTime {
        preconditionCurrent()
        return time
    }

    /// Runs `action` on the loop once, not before `delay` and at most about 20 ms late.
    package func schedule(after delay: Duration, _ action: @escaping () -> Void) -> TimerID {
        preconditionCurrent()
        // At least 1 ms, so that what a timer schedules is never due in the same turn.
        return wheel.schedule(action, at: time + max(delay, .milliseconds(1)))
    }

    /// Drops a timer; without effect when it has fired.
    package func cancel(_ timer: TimerID) {
        preconditionCurrent()
        wheel.cancel(timer)
    }

    /// Adds a hook that runs near the end of every turn, after events, mailbox and timers, before connections are flushed.
    /// - Parameter hook: returns true when it has more to do; the loop then looks for events without waiting, and calls again.
    package func onTurnEnd(_ hook: @escaping () -> Bool) {
        preconditionCurrent()
        hooks.append(hook)
    }
}
