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

        /// All kinds of that workspace beyond its bound.
        static func others(of workspace: WorkspaceKey?) -> Kind {
            Kind(workspace: workspace, actor: "-", action: "denied, others", outcome: "counted")
        }
    }

    package static let interval: Milliseconds = 60_000
    /// Kinds of one workspace counted at a time; beyond, its others are one kind. Those who may enter have a share of their
    /// own, so that strangers who are shown a 404 cannot hide what a member was denied.
    package static let maximumKinds = 200

    /// Whose kinds share a bound.
    private struct Share: Hashable {
        let workspace: WorkspaceKey?
        let isOfStrangers: Bool

        init(_ kind: Kind) {
            workspace = kind.workspace
            isOfStrangers = kind.outcome == ProblemCode.notFound.rawValue
        }
    }

    private struct Count {
        let since: Milliseconds
        var unwritten: Int
    }
    private struct State {
        var counts: [Kind: Count] = [:]
        var shares: [Share: Int] = [:]
    }
    private let state = Mutex(State())

    package init() {}

    /// - Returns: whether this is the first of its kind, to be written at once; the others come by ``take(at:all:)``.
    package func note(_ kind: Kind, at now: Milliseconds) -> Bool {
        state.withLock { state in
            let share = Share(kind)
            let isOwn = state.counts[kind] != nil || state.shares[share, default: 0] < Self.maximumKinds
            let key = isOwn ? kind : Kind.others(of: kind.workspace)
            guard state.counts[key] != nil else {
                state.counts[key] = Count(since: now, unwritten: 0)
                state.shares[share, default: 0] += 1
                return true
            }
            state.counts[key]?.unwritten += 1
            return false
        }
    }

    /// Ends the kinds that are a minute old, or all of them, and gives those with refusals not yet written.
    package func take(at now: Milliseconds, all: Bool = false) -> [(kind: Kind, count: Int)] {
        state.withLock { state in
            let ended = state.counts.filter { all || now - $0.value.since >= Self.interval }
            for kind in ended.keys { state.counts[kind] = nil }
            state.shares = Dictionary(grouping: state.counts.keys, by: Share.init).mapValues(\.count)
            return ended.filter { $0.value.unwritten > 0 }.map { ($0.key, $0.value.unwritten) }
        }
    }
}
