package import Events
import Synchronization

/// The sessions that were signed out and whose cookies would still verify: a copy of the cookie is worth nothing either.
///
/// In memory only: a session's cookie that was copied before a restart counts again after it, until it expires. Bounded:
/// full, it forgets the session that would have ended first.
package final class EndedSessions: Sendable {
    private let capacity: Int
    private let expiries = Mutex<[String: Milliseconds]>([:])
    /// Lets the usual case, that nobody has signed out lately, pass without the lock.
    private let count = Atomic(0)

    package init(capacity: Int = 65_536) { self.capacity = max(1, capacity) }

    /// Ends the session of that id, which would have lasted until `expiry`. Any thread.
    package func end(_ id: String, until expiry: Milliseconds, now: Milliseconds) {
        expiries.withLock { expiries in
            // A minute longer, as the verifier grants it.
            expiries[id] = expiry + TokenVerifier.defaultLeeway
            if expiries.count > capacity { expiries = expiries.filter { now < $0.value } }
            if expiries.count > capacity, let first = expiries.min(by: { $0.value < $1.value }) {
                expiries[first.key] = nil
            }
            count.store(expiries.count, ordering: .releasing)
        }
    }

    package func contains(_ id: String) -> Bool {
        guard count.load(ordering: .acquiring) > 0 else { return false }
        return expiries.withLock { $0[id] != nil }
    }
}
