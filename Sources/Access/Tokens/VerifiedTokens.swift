package import Events

/// Tokens verified before, so that a client that polls costs one hash look-up instead of one MAC.
///
/// A bounded cache with CLOCK replacement: a hit marks its entry, and the hand that looks for a victim passes marked
/// entries once. An entry counts until its `exp`; from then on the verifier decides again (and may still grant its
/// leeway). Only what verified gets in, so strangers cannot fill it; what a bearer may do in a workspace is not
/// cached at all. A plain value: each event loop owns one. Clear it when the keys change.
package struct VerifiedTokens {
    /// Longer tokens are verified each time, which keeps the worst case at 8 MiB for the default capacity.
    package static let maximumTokenBytes = 2048

    private struct Entry {
        var token: [UInt8]
        var claims: TokenClaims
        /// Used since the hand last passed.
        var isMarked: Bool
    }

    package let capacity: Int
    private var entries: [Entry] = []
    private var slots: [[UInt8]: Int] = [:]
    /// The next entry considered for replacement.
    private var hand = 0

    /// - Parameter capacity: how many tokens are kept, at least 1.
    package init(capacity: Int = 4096) {
        self.capacity = max(1, capacity)
    }

    package var count: Int { entries.count }

    /// Answers from memory where it can, else asks `verifier` and remembers a success.
    package mutating func verify(
        _ token: [UInt8], by verifier: TokenVerifier, now: Milliseconds
    ) throws(TokenError) -> TokenClaims {
        if let claims = claims(for: token, now: now) { return claims }
        let claims = try verifier.verify(token, now: now)
        insert(token, claims: claims, now: now)
        return claims
    }

    /// The claims of `token` when it was verified before and has not expired.
    package mutating func claims(for token: [UInt8], now: Milliseconds) -> TokenClaims? {
        guard let slot = slots[token], now < entries[slot].claims.expiresAt else { return nil }
        entries[slot].isMarked = true
        return entries[slot].claims
    }

    /// Remembers `claims`, the verifier's answer for `token`; forgets another token when full.
    package mutating func insert(_ token: [UInt8], claims: TokenClaims, now: Milliseconds) {
        guard token.count <= Self.maximumTokenBytes, now < claims.expiresAt else { return }
        let entry = Entry(token: token, claims: claims, isMarked: false)
        if let slot = slots[token] {
            entries[slot] = entry
        } else if entries.count < capacity {
            slots[token] = entries.count
            entries.append(entry)
        } else {
            let slot = victim(now: now)
            slots[entries[slot].token] = nil
            slots[token] = slot
            entries[slot] = entry
        }
    }

    package mutating func removeAll() {
        entries = []
        slots = [:]
        hand = 0
    }

    /// The first entry from the hand on that has expired or was not used since the last round; ends within two rounds.
    private mutating func victim(now: Milliseconds) -> Int {
        while true {
            let slot = hand
            hand = (hand + 1) % entries.count
            if !entries[slot].isMarked || now >= entries[slot].claims.expiresAt { return slot }
            entries[slot].isMarked = false
        }
    }
}
