import Foundation
import Synchronization

/// Posts events, once each however often they are sent, and sees to it that none is forgotten when the client closes.
final class EventTracker: Sendable {
    private struct State {
        var isClosing = false
        var lastCall = 0
        /// Calls under way.
        var calls: [Int: Task<Result<TrackedEvent, AnalyticsError>, Never>] = [:]
        /// Those of them that wait for their next attempt.
        var pauses: [Int: Task<Void, Never>] = [:]
        /// Who waits for the last call to end.
        var waiters: [Promise<Void>] = []
    }

    private let configuration: ClientConfiguration
    private let clock: ClientClock
    private let transport: any StreamTransport
    private let tokens: TokenDesk
    private let state = Mutex(State())

    init(
        _ configuration: ClientConfiguration, _ clock: ClientClock, _ transport: any StreamTransport,
        _ tokens: TokenDesk
    ) {
        self.configuration = configuration
        self.clock = clock
        self.transport = transport
        self.tokens = tokens
    }

    var isClosed: Bool { state.withLock { $0.isClosing } }

    func track(
        _ type: String, _ data: JSONValue, workspace: String, sessionID: String?, key: String?
    ) async throws(AnalyticsError) -> TrackedEvent {
        let request = try request(type, data, workspace, sessionID, key ?? UUID().uuidString.lowercased())
        let call = state.withLock { state -> (number: Int, task: Task<Result<TrackedEvent, AnalyticsError>, Never>)? in
            guard !state.isClosing else { return nil }
            state.lastCall += 1
            let number = state.lastCall
            let task = Task { await self.send(request, number) }
            state.calls[number] = task
            return (number, task)
        }
        guard let call else { throw AnalyticsError(.closed, "the client is closed") }
        let result = await withTaskCancellationHandler {
            await call.task.value
        } onCancel: {
            call.task.cancel()
        }
        return try result.get()
    }

    private func request(
        _ type: String, _ data: JSONValue, _ workspace: String, _ sessionID: String?, _ key: String
    ) throws(AnalyticsError) -> TransportRequest {
        guard FieldText.isClean(key) else {
            throw AnalyticsError(.malformed, "the idempotency key holds a control character")
        }
        let event: JSONValue = [
            "eventType": .string(type), "eventData": data,
            "sessionId": .string(sessionID ?? configuration.sessionID),
        ]
        do {
            var fields = configuration.headers
            fields["Accept"] = "application/json"
            fields["Content-Type"] = "application/json"
            fields["Idempotency-Key"] = key
            return TransportRequest(
                method: "POST", url: Endpoints(server: configuration.server, workspace: workspace).realtime(),
                headers: fields, body: Array(try JSONEncoder().encode(event)))
        } catch {
            throw AnalyticsError(.malformed, "the event cannot be written as JSON", underlying: error)
        }
    }

    // MARK: One call

    private func send(_ request: TransportRequest, _ number: Int) async -> Result<TrackedEvent, AnalyticsError> {
        defer { leave(number) }
        var policy = TrackPolicy(configuration)
        var (token, rejected) = (String?.none, String?.none)
        while true {
            let failure: AnalyticsError
            do throws(AnalyticsError) {
                token = try await authorize(rejected)
                return .success(try await attempt(request, token))
            } catch {
                failure = error
            }
            let isClosing = isClosed
            switch policy.decide(failure, isClosing: isClosing) {
            case .fail: return .failure(failure)
            case .refreshToken: rejected = token ?? ""
            case .retry(let delay):
                rejected = nil
                log(failure, delay)
                await pause(delay, number)
            }
            if Task.isCancelled {
                return .failure(AnalyticsError(.closed, "the event was given up", underlying: failure))
            }
        }
    }

    private func authorize(_ rejected: String?) async throws(AnalyticsError) -> String? {
        do {
            return try await tokens.token(
                rejected: rejected, within: configuration.requestTimeout.bounded(by: .milliseconds(1)))
        } catch {
            throw AnalyticsError(.token, "no token could be had", underlying: error)
        }
    }

    private func attempt(_ request: TransportRequest, _ token: String?) async throws(AnalyticsError) -> TrackedEvent {
        var request = request
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        let (head, body) = try await Exchange.perform(
            request, by: transport, clock: clock, within: configuration.requestTimeout.bounded(by: .milliseconds(1)))
        guard head.status == 200 || head.status == 201 else {
            let code: AnalyticsError.Code = head.status == 401 ? .unauthorized : .refused
            throw AnalyticsError(code, "the server answered \(head.status)", head, body: body)
        }
        do {
            return try WireFormat.decode(TrackedEvent.self, from: body)
        } catch {
            let message = "the answer is not what a Tideline server says"
            throw AnalyticsError(.malformed, message, head, body: body, underlying: error)
        }
    }

    private func pause(_ delay: Duration, _ number: Int) async {
        let (clock, end) = (clock, clock.now() + delay)
        let pause = state.withLock { state -> Task<Void, Never>? in
            guard !state.isClosing else { return nil }
            // Cancelled: there is no time left to wait.
            let pause = Task<Void, Never> { _ = try? await clock.sleep(end) }
            state.pauses[number] = pause
            return pause
        }
        guard let pause else { return }
        await withTaskCancellationHandler {
            await pause.value
        } onCancel: {
            pause.cancel()
        }
        state.withLock { _ = $0.pauses.removeValue(forKey: number) }
    }

    private func leave(_ number: Int) {
        let waiters = state.withLock { state in
            state.calls[number] = nil
            guard state.calls.isEmpty else { return [Promise<Void>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.give(()) }
    }

    private func log(_ failure: AnalyticsError, _ delay: Duration) {
        let metadata = ["error": "\(failure)", "delay": "\(delay)"]
        configuration.log?(LogEntry(level: .warning, message: "an event is sent again", metadata: metadata))
    }

    // MARK: Closing

    /// Takes no more calls, and sends those that wait at once.
    func beginClosing() {
        let pauses = state.withLock { state in
            state.isClosing = true
            return Array(state.pauses.values)
        }
        for pause in pauses { pause.cancel() }
    }

    /// Returns when the last call has ended, or at the limit: those that have not ended by then are cancelled.
    func finish(within limit: Duration) async {
        let (clock, end) = (clock, clock.now() + limit.bounded(by: .zero))
        let done = Promise<Void>()
        let timer = Task {
            // Cancelled: all have ended.
            guard (try? await clock.sleep(end)) != nil else { return }
            for call in self.state.withLock({ Array($0.calls.values) }) { call.cancel() }
            done.give(())
        }
        let isDone = state.withLock { state in
            if !state.calls.isEmpty { state.waiters.append(done) }
            return state.calls.isEmpty
        }
        if !isDone { await done.value }
        timer.cancel()
    }
}
