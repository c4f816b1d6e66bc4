extension Identifier where Kind == EventKind {
    /// A new UUIDv7 (RFC 9562 §5.7) in lower case: 48 bits of `now`, 74 bits of chance.
    package static func make(now: Milliseconds, using random: inout some RandomNumberGenerator) -> EventID {
        let time = UInt64(bitPattern: max(0, now)) & 0xFFFF_FFFF_FFFF
        let high = time << 16 | 0x7000 | UInt64.random(in: 0...0xFFF, using: &random)
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...(UInt64.max >> 2), using: &random)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        for (word, isLow) in [(high, false), (low, true)] {
            for digit in 0..<16 {
                let needsHyphen = isLow ? digit == 0 || digit == 4 : digit == 8 || digit == 12
                if needsHyphen { bytes.append(UInt8(ascii: "-")) }
                bytes.append(hexDigit(word >> UInt64(60 - 4 * digit) & 0xF))
            }
        }
        return EventID(validated: String(decoding: bytes, as: UTF8.self))
    }

    private static func hexDigit(_ value: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: value < 10 ? 48 + value : 87 + value)
    }
}
