package import Events
import Synchronization

/// The sessions that were signed out and whose cookies would still verify: a copy of the cookie is worth nothing either.
///
/// Bounded without ever forgetting: a user with many sign-outs loses all sessions whose tokens are no newer than those of
/// the ended ones, and with too many users everybody does. Either only asks people for a newer token; nobody can bring back
/// another's session. In memory only: a cookie that was copied counts again after a restart, until it expires.
package final class EndedSessions: Sendable {
    /// Sessions of one user that are remembered one by one.
    package static let maximumPerUser = 64

    /// User ids are unique within a workspace only, so whose session it is takes the grants as well.
    private struct Owner: Hashable {
        let user: UserID
        let grants: WorkspaceGrants
    }

    /// What has ended of one owner's.
    private struct Ended {
        /// What stands for them, see ``Credential/streamTag``.
        var tags: Set<UInt64> = []
        /// When the newest of their tokens was issued.
        var newest: Milliseconds = 0
        /// Sessions whose tokens were issued no later have ended, whatever their id.
        var through: Milliseconds?
        /// When nothing of this matters any more.
        var expiry: Milliseconds = 0
    }

    private struct State {
        var owners: [Owner: Ended] = [:]
        /// The same as ``Ended/through`` for everybody, and until when.
        var everybody: (through: Milliseconds, expiry: Milliseconds)?
        var sweptAt: Milliseconds = 0

        var isEmpty: Bool { owners.isEmpty && everybody == nil }
    }

    private static let sweepInterval: Milliseconds = 60_000
    private let capacity: Int
    private let state = Mutex(State())
    /// Lets the usual case, that nobody has signed out lately, pass without the lock.
    private let isEmpty = Atomic(true)

    /// - Parameter capacity: users remembered one by one.
    package init(capacity: Int = 65_536) { self.capacity = max(1, capacity) }

    /// Ends the session of `claims`. Any thread.
    package func end(_ claims: TokenClaims, now: Milliseconds) {
        guard claims.tokenID != nil else { return }
        // A minute longer, as the verifier grants it.
        let expiry = claims.expiresAt + TokenVerifier.defaultLeeway
        state.withLock { state in
            if now - state.sweptAt >= Self.sweepInterval { Self.sweep(&state, now) }
            let owner = Owner(user: claims.user, grants: claims.grants)
            var ended = state.owners[owner] ?? Ended()
            ended.tags.insert(Credential.session(claims).streamTag)
            ended.newest = max(ended.newest, claims.issuedAt ?? 0)
            ended.expiry = max(ended.expiry, expiry)
            if ended.tags.count > Self.maximumPerUser {
                ended.through = ended.newest
                ended.tags = []
            }
            state.owners[owner] = ended
            if state.owners.count > capacity {
                let last = state.owners.values.reduce(state.everybody?.expiry ?? 0) { max($0, $1.expiry) }
                state.everybody = (now, last)
                state.owners = [:]
            }
            isEmpty.store(state.isEmpty, ordering: .releasing)
        }
    }

    package func contains(_ claims: TokenClaims) -> Bool {
        guard !isEmpty.load(ordering: .acquiring) else { return false }
        return state.withLock { state in
            let issued = claims.issuedAt ?? 0
            if let everybody = state.everybody, issued <= everybody.through { return true }
            guard let ended = state.owners[Owner(user: claims.user, grants: claims.grants)] else { return false }
            return ended.through.map { issued <= $0 } ?? false
                || ended.tags.contains(Credential.session(claims).streamTag)
        }
    }

    private static func sweep(_ state: inout State, _ now: Milliseconds) {
        state.sweptAt = now
        state.owners = state.owners.filter { now < $0.value.expiry }
        if let everybody = state.everybody, now >= everybody.expiry { state.everybody = nil }
    }
}
