package import HTTPProtocol
package import Networking

/// The right to answer one request, once. May be kept, copied and used on any thread; what is sent hops to the
/// connection's loop when it is not there.
///
/// A second answer, and one for a client that has gone, is dropped.
package struct Responder: Sendable {
    package let loop: EventLoop
    private let connection: LoopBound<HTTP1Connection>
    private let exchange: Int

    init(_ connection: HTTP1Connection, exchange: Int) {
        loop = connection.loop
        self.connection = LoopBound(connection, loop: connection.loop)
        self.exchange = exchange
    }

    /// Answers.
    package func respond(_ response: Response) {
        onLoop { $0.answer(exchange: $1, response) }
    }

    /// Answers with a fault in the application's form.
    package func respond(_ fault: HTTPFault) {
        onLoop { $0.refuse(exchange: $1, fault, closing: false) }
    }

    /// Answers HEAD on a path that streams: the fields a stream would begin with, and nothing else.
    package func respondWithStreamHead(_ head: ResponseHead) {
        onLoop { $0.answerWithStreamHead(exchange: $1, head) }
    }

    /// Takes the body of a route with ``Route/BodyPolicy/incremental(limit:)``; on the loop, before the handler returns.
    /// A client that waits for `100 Continue` is told to go on.
    package func receiveBody(_ consumer: any BodyConsumer) {
        connection.value.receiveBody(exchange: exchange, consumer)
    }

    /// Answers with a stream and hands it the connection; on the loop only, and only for a route that says `isStream`.
    ///
    /// Head and `firstBytes` leave in one write. The server keeps no buffer and no state for the connection afterwards.
    /// - Parameters:
    ///   - head: without fields about framing. The server adds `Transfer-Encoding: chunked` in HTTP/1.1.
    ///   - firstBytes: the start of the body, already in chunks when ``Request/streamIsChunked``.
    ///   - delegate: kept until the stream ends.
    /// - Returns: nil when the client has gone or the request has been answered; the delegate then hears nothing.
    package func startStream(
        _ head: ResponseHead, firstBytes: [UInt8] = [], delegate: any ResponseStreamDelegate
    ) -> ResponseStream? {
        connection.value.startStream(exchange: exchange, head, firstBytes, delegate)
    }

    /// Whether the client still waits for the answer; on the loop only.
    package var isWanted: Bool { connection.value.isWaiting(exchange: exchange) }

    private func onLoop(_ action: @escaping @Sendable (HTTP1Connection, Int) -> Void) {
        if loop.isCurrent { return action(connection.value, exchange) }
        let connection = connection
        let exchange = exchange
        loop.execute { action(connection.value, exchange) }
    }
}
