import Broadcast

/// The chances of the demo: the same seed gives the same sequence on every machine.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var source: SeededRandom

    package init(seed: UInt64) { source = SeededRandom(seed: seed) }

    package mutating func next() -> UInt64 { source.next() }

    /// Whether something that happens `percent` times in a hundred happens now.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// One of `choices`, which are never empty here: the tables of the demo are constants.
    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }

    /// The time until the next of events that come independently of each other, `mean` milliseconds apart; at most 8 means.
    mutating func wait(mean: Double) -> Int64 {
        let uniform = Double.random(in: 0.000_335..<1, using: &self)
        return Int64(mean * -naturalLogarithm(uniform))
    }

    /// ln x for x in (0, 1], by halving into [½, 1] and the series of artanh: chance needs no library of mathematics.
    private func naturalLogarithm(_ value: Double) -> Double {
        let exponent = value.exponent + 1
        let z = (value.significand / 2 - 1) / (value.significand / 2 + 1)
        var power = z
        var sum = 0.0
        for odd in stride(from: 1.0, through: 19, by: 2) {
            sum += power / odd
            power *= z * z
        }
        return 2 * sum + Double(exponent) * 0.693_147_180_559_945_3
    }
}
