package import Events
import Synchronization

/// The unused tickets of `POST /api/tickets`: each lets one request in, within 30 s, in the name of whoever asked for it.
///
/// An EventSource cannot send `Authorization`, and a token that lives longer must not stand in a URL, where logs and
/// histories keep it. Held in memory, by all loops together: taking one is a removal under the lock, so of two requests
/// with the same ticket one gets nothing. Bounded for each holder and in total; full, it refuses rather than forgets.
package final class TicketBook: Sendable {
    /// From being handed out to being worthless.
    package static let lifetime: Milliseconds = 30_000
    /// Unused at a time: more tabs than anyone opens in half a minute.
    package static let maximumPerHolder = 32
    package static let defaultCapacity = 4096

    private struct Ticket {
        let credential: Credential
        let expiresAt: Milliseconds
    }

    private struct State {
        var tickets: [String: Ticket] = [:]
        /// In order of issue, and so of expiry.
        var held: [Credential.Holder: [String]] = [:]

        mutating func remove(_ text: String) -> Ticket? {
            guard let ticket = tickets.removeValue(forKey: text) else { return nil }
            let holder = ticket.credential.holder
            held[holder]?.removeAll { $0 == text }
            if held[holder]?.isEmpty ?? true { held[holder] = nil }
            return ticket
        }
    }

    private let capacity: Int
    private let state = Mutex(State())

    package init(capacity: Int = defaultCapacity) { self.capacity = capacity }

    /// Makes a ticket for the bearer of `credential`.
    /// - Parameter random: the system's generator outside tests; 160 bits are drawn.
    /// - Throws: ``Full`` while too many are unused.
    package func issue(
        for credential: Credential, now: Milliseconds, using random: inout some RandomNumberGenerator
    ) throws(Full) -> (text: String, expiresAt: Milliseconds) {
        let text = String(decoding: Base32.make(count: 32, using: &random), as: UTF8.self)
        let expiresAt = min(now + Self.lifetime, credential.expiresAt ?? .max)
        try state.withLock { (state) throws(Full) in
            let holder = credential.holder
            for old in state.held[holder] ?? [] where state.tickets[old].map({ now >= $0.expiresAt }) ?? true {
                _ = state.remove(old)
            }
            if let own = state.held[holder], own.count >= Self.maximumPerHolder {
                let oldest = own.first.flatMap { state.tickets[$0]?.expiresAt } ?? now
                throw Full(isOwn: true, retryAfter: max(oldest - now, 1))
            }
            if state.tickets.count >= capacity {
                for (old, ticket) in state.tickets where now >= ticket.expiresAt { _ = state.remove(old) }
            }
            guard state.tickets.count < capacity else { throw Full(isOwn: false, retryAfter: Self.lifetime) }
            state.tickets[text] = Ticket(credential: credential, expiresAt: expiresAt)
            state.held[holder, default: []].append(text)
        }
        return (text, expiresAt)
    }

    /// Uses a ticket up.
    /// - Returns: whose it is; nil for one that is unknown, was used, or is too old. The caller checks whether that
    ///   credential still counts.
    package func take(_ text: String, now: Milliseconds) -> Credential? {
        guard let ticket = state.withLock({ $0.remove(text) }), now < ticket.expiresAt else { return nil }
        return ticket.credential
    }

    /// Why there is no ticket.
    package struct Full: Error, Equatable {
        /// Whether it is the holder's own share that is full.
        package let isOwn: Bool
        /// When there will be room, in milliseconds.
        package let retryAfter: Milliseconds
    }
}
