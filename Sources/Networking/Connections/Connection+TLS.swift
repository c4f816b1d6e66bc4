import Telemetry

extension Connection {
    /// A client that has not agreed on keys by then is not one of ours.
    private static var handshakePatience: Duration { .seconds(10) }

    func beginHandshake() {
        timer = loop.schedule(after: Self.handshakePatience) { [self] in
            timer = nil
            endHandshake(isDone: false)
            close(.timedOut, abortively: true)
        }
    }

    /// Goes on with the handshake. What is not begun in this turn is offered again by epoll in the next.
    /// - Returns: whether application bytes may be read.
    func shakeHands() -> Bool {
        guard let tls, phase == .open else { return false }
        if !tls.hasBegun {
            guard loop.handshakeBudget > 0 else { return false }
            loop.handshakeBudget -= 1
        }
        switch tls.shakeHands() {
        case .goesOn:
            if tls.hasPending { becomeBlocked() }
            return false
        case .done:
            cancelTimer()
            endHandshake(isDone: true)
            if tls.hasPending { becomeBlocked() }
            return true
        case .failed(let reason):
            endHandshake(isDone: false)
            loop.log.debug("tls handshake failed", ["peer": .string(peer.text), "reason": .string(reason)])
            close(.aborted, abortively: false)
            return false
        }
    }

    private func endHandshake(isDone: Bool) { loop.handshakes[isDone]?.increment() }

    /// The protocol that the client and we agreed on by ALPN; nil in clear or without ALPN.
    package var applicationProtocol: String? { tls?.applicationProtocol }

    /// Whether the peer's bytes are protected.
    package var isSecure: Bool { tls != nil }
}
