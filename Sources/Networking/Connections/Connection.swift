import Glibc
import Synchronization

/// One stream socket, confined to its loop.
///
/// Reading: bytes are read into a buffer of the loop and offered to the handler; only what it does not consume is kept here.
/// Writing: ``write(_:)`` queues, and all that a turn queued leaves in one system call at its end; ``writeDirectly(_:)`` is for
/// streams that keep their own position and sends at once. Idle, a connection owns no buffer.
///
/// Phases: open → flushing (we said the last; what is queued still leaves) → lingering (FIN sent, input thrown away until the
/// peer's FIN) → closed. The epoll set is level-triggered: output is asked for after a full socket only, input while the handler
/// takes it.
///
/// Ownership: while it is registered the loop holds the connection, which holds the handler, which may hold the connection; the
/// end of the connection undoes all three.
///
/// Files, in reading order: `Connection`, `+Reading`, `+Writing`, `+Closing`, `+TLS`, `OutputQueue`, `ConnectionHandler`.
package final class Connection {
    /// The most bytes that may be queued; one more write aborts the connection, because its handler does not wait for
    /// ``ConnectionHandler/connectionWritable(_:)``. A single write into an empty queue may exceed it.
    package static var maximumQueuedBytes: Int { 16 << 20 }
    /// The most bytes of input that may be kept while the handler consumes nothing.
    package static var maximumUnconsumedBytes: Int { 1 << 20 }

    enum Phase: Equatable {
        case open
        /// After the flush: FIN and linger that long, or close at once.
        case flushing(linger: Duration?)
        case lingering
        case closed
    }

    struct Facts: OptionSet {
        let rawValue: UInt8
        /// The handler wants no input for now.
        static let isReadingPaused = Facts(rawValue: 1)
        /// The peer's FIN was read.
        static let isInputEnded = Facts(rawValue: 2)
        /// The handler knows of the peer's FIN.
        static let isPeerClosureReported = Facts(rawValue: 4)
        /// A write was not taken whole; epoll is asked for output.
        static let isBlocked = Facts(rawValue: 8)
        /// In the loop's list of connections to flush.
        static let isDirty = Facts(rawValue: 16)
        /// In the loop's list of connections to read again.
        static let isRereading = Facts(rawValue: 32)
    }

    /// The loop on which everything here happens.
    package let loop: EventLoop
    /// Who is at the other end.
    package let peer: SocketAddress
    /// Who is told; dropped after ``ConnectionHandler/connectionClosed(_:reason:)``.
    package var handler: (any ConnectionHandler)?

    let descriptor: Int32
    var registration = Registration(token: 0)
    /// What epoll was last asked for.
    var interest: UInt32 = 0
    var phase = Phase.open
    var facts: Facts = []
    var closeReason = CloseReason.finished
    /// Input that the handler has not consumed.
    var unconsumed: [UInt8] = []
    var output = OutputQueue()
    /// Bounds the TLS handshake, and the phases flushing and lingering.
    var timer: TimerID?
    /// nil: bytes go as they are.
    let tls: TLSSession?

    private init(descriptor: Int32, peer: SocketAddress, loop: EventLoop, tls: TLSSession?) {
        self.descriptor = descriptor
        self.peer = peer
        self.loop = loop
        self.tls = tls
    }

    /// Takes over a connected, non-blocking stream socket; on the loop only.
    /// - Parameters:
    ///   - tls: nil for a connection in clear; else the handshake comes first, and the handler sees what it protects.
    ///   - setUp: sets the handler; a connection that is left without one is closed.
    package static func open(
        descriptor: Int32, peer: SocketAddress, on loop: EventLoop, tls: TLSContext? = nil,
        setUp: (Connection) -> Void
    ) {
        loop.connectionLoad.wrappingAdd(1, ordering: .relaxed)
        openCounted(descriptor: descriptor, peer: peer, on: loop, tls: tls, setUp: setUp)
    }

    /// As ``open(descriptor:peer:on:tls:setUp:)``, for a connection that its loop's count already includes.
    static func openCounted(
        descriptor: Int32, peer: SocketAddress, on loop: EventLoop, tls: TLSContext? = nil,
        setUp: (Connection) -> Void
    ) {
        loop.preconditionCurrent()
        let session = tls.flatMap { TLSSession($0, port: loop.tlsPort, descriptor: descriptor) }
        let connection = Connection(descriptor: descriptor, peer: peer, loop: loop, tls: session)
        connection.registration = loop.registrations.insert(connection)
        connection.interest = connection.wantedInterest
        let code = loop.epoll.add(descriptor, events: connection.interest, as: connection.registration)
        if code != 0 {
            connection.close(.failed(code), abortively: false)
            return
        }
        if tls != nil {
            guard session != nil else { return connection.close(.failed(ENOMEM), abortively: true) }
            connection.beginHandshake()
        }
        setUp(connection)
        if connection.handler == nil { connection.close(.aborted, abortively: false) }
    }
}

@available(*, unavailable) extension Connection: Sendable {}

// MARK: Readiness

extension Connection: Selectable {
    func ready(_ events: UInt32) {
        if events & Readiness.error != 0 {
            let code = SystemCall.takeError(descriptor)
            if code != 0 { return close(CloseReason(code: code), abortively: false) }
        }
        if events & (Readiness.input | Readiness.peerClosed | Readiness.hangUp) != 0 {
            if isReading {
                readAvailable()
            } else if events & Readiness.peerClosed != 0 {
                reportPeerClosed()
            }
            // Both halves are closed and nobody is there to write to; epoll would report it for ever.
            if events & Readiness.hangUp != 0 && (facts.contains(.isInputEnded) || !isReading) {
                close(.peerReset, abortively: false)
            }
        }
        if events & Readiness.output != 0 { continueWriting() }
    }

    func loopStopped() {
        close(.loopStopped, abortively: false)
    }

    /// Whether input is taken from the socket, be it to throw it away.
    var isReading: Bool {
        switch phase {
        case .open: facts.isDisjoint(with: [.isReadingPaused, .isInputEnded])
        case .flushing, .lingering: !facts.contains(.isInputEnded)
        case .closed: false
        }
    }

    var wantedInterest: UInt32 {
        var wanted: UInt32 = 0
        if isReading { wanted |= Readiness.input }
        if facts.isDisjoint(with: [.isInputEnded, .isPeerClosureReported]) { wanted |= Readiness.peerClosed }
        if facts.contains(.isBlocked) { wanted |= Readiness.output }
        return wanted
    }

    /// Tells epoll when what is wanted has changed.
    func updateInterest() {
        let wanted = wantedInterest
        guard phase != .closed, wanted != interest else { return }
        interest = wanted
        let code = loop.epoll.modify(descriptor, events: wanted, as: registration)
        if code != 0 { close(.failed(code), abortively: false) }
    }
}
