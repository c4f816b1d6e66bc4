package import Events
import Synchronization

/// Counts refusals by kind, so that the audit log gets a row for the first of a kind and one a minute for those behind it:
/// every refusal is in the log, and a stranger cannot fill the disk with them.
package final class RefusalTally: Sendable {
    /// What makes two refusals the same for the reader of the audit log.
    package struct Kind: Hashable, Sendable {
        /// nil: of none, or of one that does not exist.
        package let workspace: WorkspaceKey?
        package let actor: String
        package let action: String
        package let outcome: String

        package init(workspace: WorkspaceKey?, actor: String, action: String, outcome: String) {
            self.workspace = workspace
            self.actor = actor
            self.action = action
            self.outcome = outcome
        }

        /// All kinds beyond the bound.
        static let others = Kind(workspace: nil, actor: "-", action: "denied, others", outcome: "counted")
    }

    package static let interval: Milliseconds = 60_000
    /// Kinds counted at a time; beyond, all others are one kind.
    private static let maximumKinds = 1_000

    private struct Count {
        let since: Milliseconds
        var unwritten: Int
    }
    private let counts = Mutex<[Kind: Count]>([:])

    package init() {}

    /// - Returns: whether this is the first of its kind, to be written at once; the others come by ``take(at:all:)``.
    package func note(_ kind: Kind, at now: Milliseconds) -> Bool {
        counts.withLock { counts in
            let key = counts[kind] != nil || counts.count < Self.maximumKinds ? kind : Kind.others
            guard counts[key] != nil else {
                counts[key] = Count(since: now, unwritten: 0)
                return true
            }
            counts[key]?.unwritten += 1
            return false
        }
    }

    /// Ends the kinds that are a minute old, or all of them, and gives those with refusals not yet written.
    package func take(at now: Milliseconds, all: Bool = false) -> [(kind: Kind, count: Int)] {
        counts.withLock { counts in
            let ended = counts.filter { all || now - $0.value.since >= Self.interval }
            for kind in ended.keys { counts[kind] = nil }
            return ended.filter { $0.value.unwritten > 0 }.map { ($0.key, $0.value.unwritten) }
        }
    }
}
