import HTTPProtocol
import Networking
import Telemetry

/// One connection that speaks HTTP/1.1, confined to its loop, from accept to its end or to the start of a stream.
///
/// Requests are read as long as the bounds on waiting answers allow, each becomes an ``Exchange``, and answers leave in the
/// order of the requests. Heads: `+Reading`; bodies and refusals: `+Body`; answers: `+Writing`;
/// time-outs: `+Deadlines`.
final class HTTP1Connection {
    /// What the next bytes are.
    enum Phase: Equatable {
        /// A request head, or the body of the last exchange while ``body`` is there.
        case reading
        /// Nothing that anybody reads: the last answer has been decided on.
        case discarding
        /// The connection is closed, or belongs to a stream.
        case detached
    }

    let connection: Connection
    let context: LoopContext
    let isLocalControl: Bool

    var phase = Phase.reading
    var parser: HTTP1Parser
    /// The body being read, of the last exchange.
    var body: IncomingBody?
    var bufferedBody: [UInt8] = []
    /// Requests without a written answer, the oldest first.
    var exchanges: [Exchange] = []
    /// The number of `exchanges[0]`; numbers rise by one.
    var firstExchange = 0
    /// A request for a stream that waits for the answers before it.
    var deferred: Request?
    /// Bytes are being read: what can wait until they are is not done in between.
    var isReceiving = false
    var isReadingPaused = false
    var hasPeerClosed = false
    var deadline = Deadline()

    var loop: EventLoop { context.loop }

    init(_ connection: Connection, context: LoopContext, isLocalControl: Bool) {
        self.connection = connection
        self.context = context
        self.isLocalControl = isLocalControl
        parser = HTTP1Parser(limits: context.settings.limits)
    }

    /// Takes the connection on; from here it lives as the connection's handler.
    func start() {
        connection.handler = self
        context.add(self)
        context.metrics.openConnections.add(1)
        setDeadline(.head, after: context.settings.headTimeout)
        context.log.debug("connection opened", ["peer": .string(connection.peer.text)])
    }

    /// Closes when draining, unless a request is being read or answered.
    func closeIfIdle() {
        guard phase == .reading, exchanges.isEmpty, !parser.isInHead else { return }
        finish()
    }

    /// Sends what is queued, then FIN, and goes on reading for a while so that the client gets to read the answer.
    func finish() {
        guard phase != .detached else { return }
        phase = .discarding
        clearDeadline()
        resumeReading()
        connection.shutdownWrite(linger: context.settings.linger)
    }

    /// Ends the connection now.
    func abort() {
        guard phase != .detached else { return }
        phase = .discarding
        clearDeadline()
        connection.closeNow(reset: true)
    }

    func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        connection.resumeReading()
    }
}

extension HTTP1Connection: ConnectionHandler {
    func connection(_ connection: Connection, received bytes: RawSpan) -> Int {
        receive(bytes)
    }

    func connectionWritable(_ connection: Connection) {
        continueReading()
    }

    /// A client may close its half after its last request and still wait for answers.
    func connectionPeerClosed(_ connection: Connection) {
        hasPeerClosed = true
        guard phase == .reading else { return }
        endAfterPeerClose()
    }

    func connectionClosed(_ connection: Connection, reason: CloseReason) {
        guard phase != .detached else { return }
        phase = .detached
        clearDeadline()
        exchanges.removeAll()
        deferred = nil
        abandonBody(.disconnected)
        context.remove(self)
        context.metrics.openConnections.add(-1)
        context.log.debug("connection closed", ["reason": .string("\(reason)")])
    }
}

@available(*, unavailable)
extension HTTP1Connection: Sendable {}
