import Synchronization

/// A whole number that goes up and down. Any thread; relaxed atomics.
///
/// For anything that is counted elsewhere anyway, register a closure instead: ``MetricsRegistry/gauge(_:help:labels:read:)``.
package final class Gauge: Sendable {
    private let level = Atomic<Int>(0)

    init() {}

    /// Replaces the value.
    package func set(_ value: Int) {
        level.store(value, ordering: .relaxed)
    }

    /// Adds `amount`, which may be negative.
    package func add(_ amount: Int) {
        level.wrappingAdd(amount, ordering: .relaxed)
    }

    /// The value now.
    package var value: Int { level.load(ordering: .relaxed) }
}
