import Synchronization

/// Why a token is asked for.
public enum TokenPurpose: Sendable, Hashable {
    /// A request is about to be made. A cached token will do.
    case request
    /// The server refused this token: bring another one.
    case refresh(rejected: String)
}

/// Gives the bearer token of the next request; nil sends none. It is asked once for each attempt, never twice at a time for
/// the same purpose, unless it has not answered in time: then that call is cancelled and forgotten. An error counts as a
/// failed attempt and is retried like one. Blanks around a token and control characters in it are dropped.
public typealias TokenProvider = @Sendable (TokenPurpose) async throws -> String?

/// Asks the provider, and lets those who need the same thing at the same time share one answer. Nobody waits longer than he
/// wants to, even for a provider that neither answers nor heeds its cancellation.
final class TokenDesk: Sendable {
    private typealias Answer = Promise<Result<String?, any Error>>

    /// The provider at work.
    private struct Call {
        let task: Task<Void, Never>
        var waiting: [ObjectIdentifier: Answer]
    }

    private struct State {
        var lastCall = 0
        var calls: [Int: Call] = [:]
        /// The calls that others may join: for requests and for refreshes.
        var asking: Int?
        var refreshing: Int?
        /// The last token that was refused, and what came in its place.
        var replaced: (rejected: String, fresh: String?)?

        mutating func forget(_ number: Int) {
            if asking == number { asking = nil }
            if refreshing == number { refreshing = nil }
        }
    }

    private let provider: TokenProvider?
    private let clock: ClientClock
    private let state = Mutex(State())

    init(_ provider: TokenProvider?, _ clock: ClientClock) {
        self.provider = provider
        self.clock = clock
    }

    /// - Parameters:
    ///   - rejected: the token that the server refused; nil for an ordinary request.
    ///   - limit: how long to wait for it.
    /// - Throws: the provider's error, `timedOut`, `CancellationError`.
    func token(rejected: String? = nil, within limit: Duration) async throws -> String? {
        guard let provider else { return nil }
        let answer = Answer()
        let end = clock.now() + limit
        join(answer, rejected, provider)
        let timer = Task { [clock] in
            // Cancelled: the answer is there.
            guard (try? await clock.sleep(end)) != nil else { return }
            self.leave(answer, AnalyticsError(.timedOut, "no token came in time"), isLate: true)
        }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await answer.value
        } onCancel: {
            leave(answer, CancellationError(), isLate: false)
        }
        return try result.get()
    }

    private func join(_ answer: Answer, _ rejected: String?, _ provider: @escaping TokenProvider) {
        let known = state.withLock { state -> Result<String?, any Error>? in
            let shared = rejected == nil ? state.asking : state.refreshing
            if let shared {
                state.calls[shared]?.waiting[ObjectIdentifier(answer)] = answer
                return nil
            }
            // Another stream was refused with the same token a moment earlier.
            if let rejected, let replaced = state.replaced, replaced.rejected == rejected {
                return .success(replaced.fresh)
            }
            state.lastCall += 1
            let number = state.lastCall
            if rejected == nil { state.asking = number } else { state.refreshing = number }
            let task = Task {
                do {
                    let token = try await provider(rejected.map { .refresh(rejected: $0) } ?? .request)
                    self.answered(number, rejected, .success(token.map(FieldText.clean)))
                } catch {
                    self.answered(number, rejected, .failure(error))
                }
            }
            state.calls[number] = Call(task: task, waiting: [ObjectIdentifier(answer): answer])
            return nil
        }
        if let known { answer.give(known) }
    }

    private func answered(_ number: Int, _ rejected: String?, _ result: Result<String?, any Error>) {
        let waiting = state.withLock { state -> [Answer] in
            // Forgotten: it came too late for everyone.
            guard let call = state.calls.removeValue(forKey: number) else { return [] }
            state.forget(number)
            if case .success(let token) = result {
                if let rejected {
                    // The same token again would answer its next refusal, however much later.
                    state.replaced = token == rejected ? nil : (rejected, token)
                } else if state.replaced?.rejected == token ?? "" {
                    // It is in use again; its next refusal is news.
                    state.replaced = nil
                }
            }
            return Array(call.waiting.values)
        }
        for answer in waiting { answer.give(result) }
    }

    /// - Parameter isLate: the call has had its time: others begin a new one.
    private func leave(_ answer: Answer, _ error: any Error, isLate: Bool) {
        let task = state.withLock { state -> Task<Void, Never>? in
            let key = ObjectIdentifier(answer)
            guard let number = state.calls.first(where: { $0.value.waiting[key] != nil })?.key else { return nil }
            state.calls[number]?.waiting[key] = nil
            let isUnwanted = state.calls[number]?.waiting.isEmpty ?? true
            if isLate || isUnwanted { state.forget(number) }
            return isUnwanted ? state.calls.removeValue(forKey: number)?.task : nil
        }
        task?.cancel()
        answer.give(.failure(error))
    }
}
