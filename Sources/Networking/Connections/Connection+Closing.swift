import Glibc
import Synchronization

extension Connection {
    /// How long a peer may take nothing of what is queued while we close.
    private static var flushPatience: Duration { .seconds(10) }

    /// Sends what is queued, then closes both halves. Input is thrown away from now on.
    ///
    /// When the peer may still be sending, prefer ``shutdownWrite(linger:)``: closing over unread input makes the kernel send
    /// RST, which can destroy the answer on its way (RFC 9112 §9.6).
    package func closeAfterFlush() {
        beginFlushing(linger: nil)
    }

    /// Sends what is queued, then FIN; throws input away until the peer's FIN, for `linger` at the most, then closes.
    /// What the kernel still holds by then is sent by the kernel.
    package func shutdownWrite(linger: Duration = .seconds(2)) {
        beginFlushing(linger: linger)
    }

    /// Closes at once; what is queued here is lost.
    /// - Parameter reset: RST instead of FIN, and what the kernel holds is lost too.
    package func closeNow(reset: Bool = false) {
        loop.preconditionCurrent()
        close(.aborted, abortively: reset)
    }

    /// Whether the end was asked for or has come: writes go nowhere.
    package var isClosing: Bool { phase != .open }

    private func beginFlushing(linger: Duration?) {
        loop.preconditionCurrent()
        guard phase == .open else { return }
        // Nothing can be said to a client with whom no key was agreed on.
        guard tls?.isEstablished ?? true else { return close(.aborted, abortively: false) }
        phase = .flushing(linger: linger)
        unconsumed = []
        if output.isEmpty, tls == nil { return flushed(linger: linger) }
        markDirty()
        updateInterest()
        watchProgress(last: queuedBytes)
    }

    /// Aborts when a whole period passes without a byte leaving.
    private func watchProgress(last: Int) {
        timer = loop.schedule(after: Self.flushPatience) { [self] in
            timer = nil
            let left = queuedBytes
            if left == last { close(.timedOut, abortively: true) } else { watchProgress(last: left) }
        }
    }

    /// All that was queued is with the kernel.
    func flushed(linger: Duration?) {
        cancelTimer()
        guard let linger else { return close(.finished, abortively: false) }
        guard shutdown(descriptor, Int32(SHUT_WR)) == 0 else {
            return close(CloseReason(code: errno), abortively: false)
        }
        if facts.contains(.isInputEnded) { return close(.finished, abortively: false) }
        phase = .lingering
        facts.remove(.isBlocked)
        updateInterest()
        timer = loop.schedule(after: linger) { [self] in
            timer = nil
            close(.finished, abortively: false)
        }
    }

    /// The one end of every connection. The handler hears of it at the end of the turn.
    func close(_ reason: CloseReason, abortively isAbortive: Bool) {
        guard phase != .closed else { return }
        phase = .closed
        closeReason = reason
        cancelTimer()
        unconsumed = []
        output = OutputQueue()
        if isAbortive { SystemCall.setAbortiveClose(descriptor) }
        loop.registrations.remove(registration)
        // Also takes it out of the epoll set: no other descriptor refers to the socket.
        SystemCall.close(descriptor)
        loop.connectionLoad.wrappingSubtract(1, ordering: .relaxed)
        loop.closed.append(self)
    }

    func reportClosed() {
        let told = handler
        handler = nil
        told?.connectionClosed(self, reason: closeReason)
    }

    func cancelTimer() {
        if let timer = timer.take() { loop.cancel(timer) }
    }
}
