package import Glibc
import HTTPProtocol
package import Networking
import Telemetry

/// Hears of a stream's life; every call comes on the stream's loop, none from inside a call made to the stream.
package protocol ResponseStreamDelegate: AnyObject {
    /// After ``ResponseStream/write(_:)`` took less than it was given: there is room again.
    func streamWritable(_ stream: ResponseStream)

    /// The client has gone, or broke the rules. Called once at most, and not after ``ResponseStream/end()`` or
    /// ``ResponseStream/abort()``.
    func streamClosed(_ stream: ResponseStream, reason: ResponseStream.End)
}

/// An answer without an end: a connection whose writes are the caller's. Confined to its loop.
///
/// Owns no buffer: what the socket does not take stays with the caller. What the client sends is thrown away.
package final class ResponseStream {
    /// Why a stream ended without the caller's doing.
    package enum End: Equatable, Sendable {
        /// The client closed its half or all of the connection.
        case peerClosed
        /// The client sent too much behind its request.
        case peerTalks
        /// The connection broke.
        case connection(CloseReason)
    }

    private enum State { case open, ended }

    /// Whether writes must be framed in chunks; otherwise the body ends with the connection (HTTP/1.0).
    package let isChunked: Bool
    private let connection: Connection
    private let context: LoopContext
    /// Kept until the stream ends.
    private var delegate: (any ResponseStreamDelegate)?
    private var state = State.open
    private var discardedBytes = 0

    init(
        _ connection: Connection, context: LoopContext, isChunked: Bool, delegate: any ResponseStreamDelegate
    ) {
        self.connection = connection
        self.context = context
        self.isChunked = isChunked
        self.delegate = delegate
    }

    package var loop: EventLoop { context.loop }
    package var peer: SocketAddress { connection.peer }
    /// Bytes that the client has not acknowledged, in the kernel too; one system call.
    package var unsentBytes: Int { connection.unsentBytes }
    package var isOpen: Bool { state == .open }

    /// Offers bytes to the socket, now, in one system call. Chunks are the caller's business.
    /// - Returns: how many were taken; 0 when there is no room, and then the delegate hears when there is; −1 when the
    ///   stream has ended or the connection is broken, and then the delegate hears why.
    package func write(_ vectors: UnsafeBufferPointer<iovec>) -> Int {
        guard state == .open else { return -1 }
        return unsafe connection.writeDirectly(vectors)
    }

    /// Sets how much the kernel holds for this client and when it gives up; see ``Connection/setOptions``.
    package func setOptions(sendBuffer: Int, notSentLowAt: Int, userTimeout: Duration) {
        guard state == .open else { return }
        connection.setOptions(sendBuffer: sendBuffer, notSentLowAt: notSentLowAt, userTimeout: userTimeout)
    }

    /// Ends the stream in order: FIN, then a short time in which the client may read the rest, then reset. The caller has
    /// written the last chunk where chunks are used.
    package func end() {
        guard state == .open else { return }
        state = .ended
        delegate = nil
        connection.shutdownWrite(linger: context.settings.linger)
    }

    /// Ends the stream at once by a reset; what was not sent is lost.
    package func abort() {
        guard state == .open else { return }
        state = .ended
        delegate = nil
        connection.closeNow(reset: true)
    }

    /// Becomes the connection's handler and sends `output`, the head and the first bytes.
    func start(with output: [UInt8]) {
        connection.handler = self
        context.metrics.openStreams.add(1)
        let taken = unsafe output.withUnsafeBytes { bytes in
            // The vector is read during the call only, while `output` stays where it is.
            var vector = unsafe iovec(
                iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            return unsafe withUnsafePointer(to: &vector) { pointer in
                unsafe connection.writeDirectly(UnsafeBufferPointer(start: pointer, count: 1))
            }
        }
        if taken >= 0, taken < output.count { connection.write(Array(output[taken...])) }
    }

    private func close(_ reason: End) {
        guard state == .open else { return }
        state = .ended
        let listener = delegate
        delegate = nil
        listener?.streamClosed(self, reason: reason)
    }
}

extension ResponseStream: ConnectionHandler {
    package func connection(_ connection: Connection, received bytes: RawSpan) -> Int {
        discardedBytes += bytes.byteCount
        if state == .open, discardedBytes > context.settings.maximumBytesBehindStream {
            close(.peerTalks)
            connection.closeNow(reset: true)
        }
        return bytes.byteCount
    }

    package func connectionWritable(_ connection: Connection) {
        guard state == .open else { return }
        delegate?.streamWritable(self)
    }

    package func connectionPeerClosed(_ connection: Connection) {
        guard state == .open else { return }
        close(.peerClosed)
        connection.closeNow(reset: false)
    }

    package func connectionClosed(_ connection: Connection, reason: CloseReason) {
        close(.connection(reason))
        context.metrics.openConnections.add(-1)
        context.metrics.openStreams.add(-1)
    }
}

@available(*, unavailable)
extension ResponseStream: Sendable {}
