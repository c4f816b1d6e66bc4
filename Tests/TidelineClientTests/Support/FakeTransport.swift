import Synchronization
import TidelineClient

/// A network that a test plays: it waits for requests and answers them by hand.
final class FakeTransport: StreamTransport {
    /// A request under way.
    final class Transfer: TransportTransfer {
        let request: TransportRequest
        private let receive: @Sendable (TransportEvent) -> Void
        private let state = Mutex((hasEnded: false, isCancelled: false))
        private let cancellations: AsyncStream<Void>
        private let cancellation: AsyncStream<Void>.Continuation

        fileprivate init(_ request: TransportRequest, _ receive: @escaping @Sendable (TransportEvent) -> Void) {
            self.request = request
            self.receive = receive
            (cancellations, cancellation) = AsyncStream.makeStream()
        }

        var isCancelled: Bool { state.withLock { $0.isCancelled } }
        var isOpen: Bool { state.withLock { !$0.hasEnded } }

        func cancel() {
            state.withLock { $0.isCancelled = true }
            cancellation.finish()
            end(CancellationError())
        }

        /// Returns when it has been cancelled.
        func waitCancel() async { for await _ in cancellations {} }

        func send(_ event: TransportEvent) { if isOpen { receive(event) } }

        func end(_ error: (any Error)? = nil) {
            let isFirst = state.withLock { state in
                defer { state.hasEnded = true }
                return !state.hasEnded
            }
            if isFirst { receive(.ended(error)) }
        }

        func stream(_ text: String) {
            send(.response(TransportHead(status: 200, headers: Wire.eventStream)))
            bytes(text)
        }

        func bytes(_ text: String) { send(.bytes(Array(text.utf8))) }

        func answer(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") {
            send(.response(TransportHead(status: status, headers: headers)))
            if !body.isEmpty { bytes(body) }
            end()
        }
    }

    private let incoming: AsyncStream<Transfer>
    private let continuation: AsyncStream<Transfer>.Continuation
    private let all = Mutex<[Transfer]>([])

    init() { (incoming, continuation) = AsyncStream.makeStream() }

    func start(
        _ request: TransportRequest, receive: @escaping @Sendable (TransportEvent) -> Void
    ) -> any TransportTransfer {
        let transfer = Transfer(request, receive)
        all.withLock { $0.append(transfer) }
        continuation.yield(transfer)
        return transfer
    }

    /// The next request, there already or still to come. One test asks at a time.
    func next() async -> Transfer {
        guard let transfer = await nextUnlessFinished() else { preconditionFailure("the transport has ended") }
        return transfer
    }

    /// The next request; nil once ``finish()`` was called and none is left.
    func nextUnlessFinished() async -> Transfer? {
        var iterator = incoming.makeAsyncIterator()
        return await iterator.next()
    }

    func finish() { continuation.finish() }

    var requestCount: Int { all.withLock { $0.count } }
    var openCount: Int { all.withLock { $0.count { $0.isOpen } } }
}
