import Testing
import TidelineClient

struct BackoffTests {
    @Test(arguments: [
        (1, Duration.seconds(1)), (2, .seconds(2)), (3, .seconds(4)), (5, .seconds(16)), (6, .seconds(30)),
        (7, .seconds(30)), (1_000_000, .seconds(30)),
    ])
    func `the ceiling doubles with each attempt up to the cap`(attempt: Int, ceiling: Duration) {
        let backoff = Backoff(base: .seconds(1), factor: 2, cap: .seconds(30))

        #expect(backoff.ceiling(attempt) == ceiling)
    }

    @Test func `the delay is anywhere between nothing and the ceiling`() {
        let backoff = Backoff(base: .seconds(1), factor: 2, cap: .seconds(30))

        #expect(backoff.delay(3, chance: 0) == .zero)
        #expect(backoff.delay(3, chance: 0.25) == .seconds(1))
        #expect(backoff.delay(3, chance: 0.999_999) < .seconds(4))
        #expect(backoff.delay(3, chance: 7) == .seconds(4) && backoff.delay(3, chance: -1) == .zero)
    }

    @Test func `a hold is kept in full, and one that asks for nothing is no reason to hurry`() {
        let backoff = Backoff(base: .seconds(1), factor: 2, cap: .seconds(30))
        func delay(_ hold: Duration, _ chance: Double = 0.5) -> Duration {
            backoff.delay(3, hold: hold, atMost: .seconds(60), chance: chance)
        }

        #expect(delay(.seconds(7)) == .seconds(7) && delay(.seconds(70)) == .seconds(60))
        #expect(delay(.zero) == .seconds(2) && delay(.zero, 0) == .milliseconds(100))
        #expect(delay(.milliseconds(-1), .nan) == .milliseconds(100))
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1]) func `no factor and no draw is too odd`(
        odd: Double
    ) {
        let backoff = Backoff(base: .seconds(1), factor: odd, cap: .seconds(Int64.max) * 8)

        #expect((.seconds(1) ... .seconds(100)).contains(backoff.ceiling(2)))
        #expect(backoff.ceiling(64) <= .seconds(365 * 86_400))
        #expect((.zero ... .seconds(1)).contains(backoff.delay(1, chance: odd)))
    }

    @Test func `a base out of range is brought into it`() {
        var backoff = Backoff(base: .zero, factor: 0.5, cap: .seconds(30))

        #expect(backoff.ceiling(9) == .milliseconds(100))
        backoff.base = .seconds(86_400)
        #expect(backoff.ceiling(1) == .seconds(30))
        #expect(Backoff(base: .seconds(1), factor: 2, cap: .zero).ceiling(5) == .milliseconds(100))
    }
}
