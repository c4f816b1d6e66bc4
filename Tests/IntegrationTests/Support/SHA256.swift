/// SHA-256 and its HMAC (FIPS 180-4, RFC 2104), for tests only: slow, and a second opinion on the server's.
enum SHA256 {
    static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > 64 ? digest(key) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        return digest(block.map { $0 ^ 0x5C } + digest(block.map { $0 ^ 0x36 } + message))
    }

    static func digest(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) * 8
        padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
        var state = initial
        for start in stride(from: 0, to: padded.count, by: 64) { compress(padded[start..<(start + 64)], into: &state) }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
    }

    private static func compress(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        let bytes = Array(block)
        var words = (0..<16).map { i in (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[4 * i + $1]) } }
        for i in 16..<64 {
            let (a, b) = (words[i - 15], words[i - 2])
            let small = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3
            let large = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10
            words.append(words[i - 16] &+ small &+ words[i - 7] &+ large)
        }
        var v = state
        for i in 0..<64 {
            let large = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
            let choice = v[4] & v[5] ^ ~v[4] & v[6]
            let first = v[7] &+ large &+ choice &+ constants[i] &+ words[i]
            let small = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
            let majority = v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]
            v = [first &+ small &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
        }
        for i in 0..<8 { state[i] &+= v[i] }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    // The fractional parts of the square and cube roots of the first primes, computed instead of listed.
    private static let primes = (2...311).filter { n in (2..<n).allSatisfy { n % $0 != 0 } }
    private static let initial = primes.prefix(8).map { fraction(of: $0, power: 2) }
    private static let constants = primes.map { fraction(of: $0, power: 3) }

    /// ⌊frac(prime^(1/power)) · 2³²⌋ by bisection in integers.
    private static func fraction(of prime: Int, power: Int) -> UInt32 {
        var low: UInt64 = 0
        var high: UInt64 = 1 << 37
        while high - low > 1 {
            let middle = (low + high) / 2
            if isRootBelow(middle, prime, power) { low = middle } else { high = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }

    /// Whether (root / 2³²)^power ≤ prime.
    private static func isRootBelow(_ root: UInt64, _ prime: Int, _ power: Int) -> Bool {
        let value = UInt128(root)
        if power == 2 { return value * value <= UInt128(prime) << 64 }
        return value * value * value <= UInt128(prime) << 96
    }
}
