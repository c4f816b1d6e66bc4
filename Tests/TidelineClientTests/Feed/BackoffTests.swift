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

    @Test func `a base out of range is brought into it`() {
        var backoff = Backoff(base: .zero, factor: 0.5, cap: .seconds(30))

        #expect(backoff.ceiling(9) == .milliseconds(100))
        backoff.base = .seconds(86_400)
        #expect(backoff.ceiling(1) == .seconds(30))
        #expect(Backoff(base: .seconds(1), factor: 2, cap: .zero).ceiling(5) == .milliseconds(100))
    }
}
