import Synchronization

/// A number that only grows. Any thread; one relaxed atomic addition.
package final class Counter: Sendable {
    private let total = Atomic<Int>(0)

    init() {}

    /// Adds `amount`, which is not negative.
    package func increment(by amount: Int = 1) {
        total.wrappingAdd(amount, ordering: .relaxed)
    }

    /// The sum so far.
    package var value: Int { total.load(ordering: .relaxed) }
}
