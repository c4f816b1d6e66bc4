import Synchronization

/// One request and its whole answer.
final class Exchange: Sendable {
    private struct State {
        var head: TransportHead?
        var body: [UInt8] = []
        var transfer: (any TransportTransfer)?
        var waiter: CheckedContinuation<Result<Answer, AnalyticsError>, Never>?
        var result: Result<Answer, AnalyticsError>?
    }

    typealias Answer = (head: TransportHead, body: [UInt8])

    private let state = Mutex(State())
    private static let bodyLimit = 1 << 20

    /// - Throws: `timedOut`, `transport`, `malformed` for an answer beyond 1 MiB, `closed` when the task is cancelled.
    static func perform(
        _ request: TransportRequest, by transport: any StreamTransport, clock: ClientClock, within limit: Duration
    ) async throws(AnalyticsError) -> Answer {
        let exchange = Exchange()
        let deadline = clock.now() + limit
        let timer = Task {
            // Cancelled: the answer is there.
            guard (try? await clock.sleep(deadline)) != nil else { return }
            exchange.end(.failure(AnalyticsError(.timedOut, "the answer did not come in time")))
        }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in exchange.begin(request, transport, continuation) }
        } onCancel: {
            exchange.end(.failure(AnalyticsError(.closed, "the request was cancelled")))
        }
        return try result.get()
    }

    private func begin(
        _ request: TransportRequest, _ transport: any StreamTransport,
        _ waiter: CheckedContinuation<Result<Answer, AnalyticsError>, Never>
    ) {
        let early = state.withLock { state in
            if state.result == nil { state.waiter = waiter }
            return state.result
        }
        if let early { return waiter.resume(returning: early) }
        let transfer = transport.start(request) { self.receive($0) }
        let isOver = state.withLock { state in
            if state.result == nil { state.transfer = transfer }
            return state.result != nil
        }
        if isOver { transfer.cancel() }
    }

    private func receive(_ event: TransportEvent) {
        switch event {
        case .response(let head): state.withLock { $0.head = head }
        case .bytes(let bytes):
            let size = state.withLock { state in
                state.body += bytes
                return state.body.count
            }
            if size > Self.bodyLimit { end(.failure(AnalyticsError(.malformed, "the answer is too long"))) }
        case .ended(let error?): end(.failure(FeedMachine.broken(error)))
        case .ended(nil):
            let (head, body) = state.withLock { ($0.head, $0.body) }
            end(head.map { .success(($0, body)) } ?? .failure(AnalyticsError(.transport, "the connection ended")))
        }
    }

    private func end(_ result: Result<Answer, AnalyticsError>) {
        let (waiter, transfer) = state.withLock { state in
            defer { (state.waiter, state.transfer) = (nil, nil) }
            if state.result == nil { state.result = result }
            return (state.waiter, state.transfer)
        }
        transfer?.cancel()
        waiter?.resume(returning: result)
    }
}
