/// Values named by small numbers that are used again; for what only few streams need at a time.
struct Slab<Value> {
    private var values: ContiguousArray<Value?> = []
    private var free: ContiguousArray<Int32> = []

    /// Values held.
    var count: Int { values.count - free.count }

    mutating func insert(_ value: Value) -> Int32 {
        if let index = free.popLast() {
            values[Int(index)] = value
            return index
        }
        values.append(value)
        return Int32(values.count - 1)
    }

    mutating func remove(_ index: Int32) {
        values[Int(index)] = nil
        free.append(index)
    }

    subscript(_ index: Int32) -> Value {
        get {
            guard let value = values[Int(index)] else { preconditionFailure("slab place \(index) is empty") }
            return value
        }
        set { values[Int(index)] = newValue }
    }
}

/// SplitMix64: jitter that a test or a simulation can replay from its seed. Not for secrets.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in `0 ..< bound`.
    package mutating func below(_ bound: UInt64) -> UInt64 { UInt64.random(in: 0..<bound, using: &self) }
}
