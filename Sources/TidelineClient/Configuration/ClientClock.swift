/// Any clock of `Duration`s, as far as the client needs one: the time since its creation, and waiting.
struct ClientClock: Sendable {
    /// The time since this value was made. Never runs back.
    let now: @Sendable () -> Duration
    /// Returns at that time, at once when it has passed.
    /// Throws `CancellationError`.
    let sleep: @Sendable (_ until: Duration) async throws -> Void

    init(_ clock: some Clock<Duration>) {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }
}

extension Duration {
    /// Within bounds: a setting such as "for ever" must not overflow when it is added to a time.
    func bounded(by shortest: Duration) -> Duration { min(max(self, shortest), .seconds(365 * 86_400)) }
}
