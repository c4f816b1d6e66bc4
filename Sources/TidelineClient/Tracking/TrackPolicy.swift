/// What follows a failed attempt to track an event. Pure.
package struct TrackPolicy: Sendable {
    package enum Decision: Equatable {
        case retry(after: Duration)
        /// At once, with a fresh token.
        case refreshToken
        case fail
    }

    private let backoff: Backoff
    private let attempts: Int
    private let maximumServerDelay: Duration
    private let canRefreshToken: Bool
    private let random: @Sendable () -> Double
    private var failures = 0
    private var hasRefreshed = false
    private var hasHadLastChance = false

    package init(_ configuration: ClientConfiguration) {
        backoff = Backoff(
            base: .seconds(1), factor: configuration.backoffFactor, cap: configuration.maximumDelay)
        attempts = max(configuration.trackAttempts, 1)
        maximumServerDelay = configuration.maximumServerDelay.bounded(by: .zero)
        canRefreshToken = configuration.token != nil
        random = configuration.random
    }

    /// - Parameter isClosing: there is no time to wait; one attempt more, at once, is all.
    package mutating func decide(_ error: AnalyticsError, isClosing: Bool) -> Decision {
        if error.status == 401, canRefreshToken, !hasRefreshed {
            hasRefreshed = true
            return .refreshToken
        }
        let mayPass =
            switch error.code {
            case .transport, .timedOut, .token: true
            case .refused: error.status.map { StatusRule($0) == .retry && $0 >= 400 } ?? false
            default: false
            }
        failures += 1
        guard mayPass, failures < attempts, !hasHadLastChance else { return .fail }
        if isClosing {
            hasHadLastChance = true
            return .retry(after: .zero)
        }
        let delay =
            if let hold = error.retryAfter {
                backoff.delay(failures, hold: hold, atMost: maximumServerDelay, chance: random())
            } else {
                backoff.delay(failures, chance: random())
            }
        return .retry(after: delay)
    }
}
