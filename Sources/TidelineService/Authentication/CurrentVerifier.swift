import Access
import Synchronization

/// The verifier in force, which a reload replaces while the server runs.
///
/// Each loop keeps a copy, with the tokens that it has verified by it, and looks at a number for each request: a lock is
/// taken only once that number has changed.
final class CurrentVerifier: Sendable {
    private let verifier: Mutex<TokenVerifier>
    private let published = Atomic(0)

    init(_ verifier: TokenVerifier) { self.verifier = Mutex(verifier) }

    /// Puts `verifier` into force: every request that begins after this returns is judged by it. Any thread.
    func use(_ verifier: TokenVerifier) {
        self.verifier.withLock {
            $0 = verifier
            published.add(1, ordering: .releasing)
        }
    }

    /// Goes up with each ``use(_:)``.
    var generation: Int { published.load(ordering: .acquiring) }

    var value: (verifier: TokenVerifier, generation: Int) {
        verifier.withLock { ($0, published.load(ordering: .acquiring)) }
    }
}
