import HTTPProtocol
import Networking

/// What a connection waits for from its client, and until when.
///
/// One timer serves all: it is moved only when a deadline comes nearer, and looks again when it fires too early. A
/// connection that answers request after request never touches it.
struct Deadline {
    enum Waiting: Equatable {
        /// The application's answer, which has no deadline here.
        case nothing
        case head
        case body
        case idle
    }

    fileprivate(set) var waiting = Waiting.nothing
    fileprivate var time = MonotonicTime(milliseconds: 0)
    fileprivate var timer: TimerID?
    /// When `timer` fires.
    fileprivate var timerTime = MonotonicTime(milliseconds: 0)
    /// What was unsent when the deadline was set: an idle connection that still takes an answer gets more time.
    fileprivate var unsentBytes = 0
}

extension HTTP1Connection {
    func setDeadline(_ waiting: Deadline.Waiting, after duration: Duration) {
        deadline.waiting = waiting
        deadline.time = loop.now + duration
        if let timer = deadline.timer {
            guard deadline.time < deadline.timerTime else { return }
            loop.cancel(timer)
        }
        schedule(after: duration)
    }

    /// Waits for the next request, or the rest of one, unless an answer is due.
    func setIdleDeadline() {
        guard phase == .reading, exchanges.isEmpty, body == nil else { return }
        deadline.unsentBytes = connection.queuedBytes
        if parser.isInHead {
            setDeadline(.head, after: context.settings.headTimeout)
        } else {
            setDeadline(.idle, after: context.settings.idleTimeout)
        }
    }

    /// Waits for nothing; the timer may still fire and find that.
    func clearDeadline() {
        deadline.waiting = .nothing
        guard phase != .reading, let timer = deadline.timer else { return }
        loop.cancel(timer)
        deadline.timer = nil
    }

    private func schedule(after duration: Duration) {
        deadline.timerTime = loop.now + duration
        deadline.timer = loop.schedule(after: duration) { [weak self] in self?.timerFired() }
    }

    private func timerFired() {
        deadline.timer = nil
        guard phase == .reading, deadline.waiting != .nothing else { return }
        guard deadline.time <= loop.now else { return schedule(after: deadline.time - loop.now) }
        switch deadline.waiting {
        case .nothing: return
        case .head: headTimedOut()
        case .body: bodyTimedOut()
        case .idle: idleTimedOut()
        }
    }

    /// A connection that never said anything is closed without a word: its client expects no answer.
    private func headTimedOut() {
        context.metrics.countTimeout(.head)
        parser.isInHead ? refuseWithoutHead(.requestTimeout) : finish()
    }

    private func bodyTimedOut() {
        context.metrics.countTimeout(.body)
        guard let body else { return }
        endBody(with: .requestTimeout, body.exchange)
    }

    private func idleTimedOut() {
        let unsent = connection.queuedBytes
        if unsent > 0, unsent < deadline.unsentBytes { return setIdleDeadline() }
        context.metrics.countTimeout(.idle)
        unsent > 0 ? abort() : finish()
    }
}
