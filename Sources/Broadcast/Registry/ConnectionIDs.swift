/// Makes and reads the ids by which clients and administrators know streams (seed row S4-13).
///
/// An id is a stream's place under a keyed permutation: four Feistel rounds with SipHash as round function (Luby and
/// Rackoff, 1988). So nothing is stored for it, it leads straight to the stream, none can be guessed from another, and it
/// does not tell how many streams the server holds. The key lives as long as the process.
package struct ConnectionIDs: Sendable {
    /// Where a stream lies: its loop, and its name there.
    package struct Place: Hashable, Sendable {
        package let shard: Int
        package let token: StreamToken

        package init(shard: Int, token: StreamToken) {
            self.shard = shard
            self.token = token
        }
    }

    private static let prefix = "conn_"
    /// What 64 bits need in base 36: all ids are equally long, so that no answer's length depends on them.
    private static let digits = 13
    /// 6 bits name the loop, 26 the slot, 32 the generation.
    private static let slotBits: UInt64 = 26

    private let key: (UInt64, UInt64)

    package init(using random: inout some RandomNumberGenerator) { key = (random.next(), random.next()) }

    package func id(of place: Place) -> String {
        precondition(place.shard < 64 && place.token.slot < 1 << Self.slotBits, "a place has 64 bits")
        let slot = UInt64(place.shard) << Self.slotBits | UInt64(place.token.slot)
        let number = String(permuted(slot << 32 | UInt64(place.token.generation)), radix: 36)
        return Self.prefix + String(repeating: "0", count: Self.digits - number.utf8.count) + number
    }

    /// - Returns: nil when no stream of this process ever had that id.
    package func place(of id: String) -> Place? {
        guard id.hasPrefix(Self.prefix), let value = UInt64(id.dropFirst(Self.prefix.count), radix: 36) else {
            return nil
        }
        let plain = restored(value)
        let slot = plain >> 32
        let place = Place(
            shard: Int(slot >> Self.slotBits),
            token: StreamToken(
                slot: Int32(slot & (1 << Self.slotBits - 1)), generation: UInt32(truncatingIfNeeded: plain)))
        // One spelling is right: digits of other case or with a sign name nothing.
        return self.id(of: place) == id ? place : nil
    }

    private func permuted(_ value: UInt64) -> UInt64 {
        var (left, right) = (UInt32(value >> 32), UInt32(truncatingIfNeeded: value))
        for round in 0..<4 { (left, right) = (right, left ^ scrambled(right, round)) }
        return UInt64(left) << 32 | UInt64(right)
    }

    private func restored(_ value: UInt64) -> UInt64 {
        var (left, right) = (UInt32(value >> 32), UInt32(truncatingIfNeeded: value))
        for round in (0..<4).reversed() { (left, right) = (right ^ scrambled(left, round), left) }
        return UInt64(left) << 32 | UInt64(right)
    }

    private func scrambled(_ half: UInt32, _ round: Int) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(key.0)
        hasher.combine(key.1)
        hasher.combine(round)
        hasher.combine(half)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }
}
