import Events
import Projections

/// A workspace inside the transaction under way: what a batch must see of its own earlier items, and what is thrown
/// away when the transaction rolls back.
final class WorkingWorkspace {
    let log: WorkspaceLog
    /// Made by this transaction.
    let isNew: Bool
    private(set) var head: SequenceNumber
    private(set) var directory: WorkspaceDirectory
    /// Whether ``directory`` differs from that of ``log``.
    private(set) var isDirectoryChanged: Bool
    private(set) var events: [CommittedEvent] = []
    private var quiet: [Bool] = []

    init(_ log: WorkspaceLog, isNew: Bool) {
        self.log = log
        self.isNew = isNew
        head = log.head
        directory = log.directory()
        isDirectoryChanged = isNew
    }

    /// Adds the event that the log has at `head + 1`.
    func add(_ committed: CommittedEvent, isQuiet: Bool) {
        head = committed.event.sequence
        if committed.facts.concernsDirectory {
            directory.apply(committed)
            isDirectoryChanged = true
        }
        if isQuiet && quiet.isEmpty { quiet = Array(repeating: false, count: events.count) }
        events.append(committed)
        if isQuiet || !quiet.isEmpty { quiet.append(isQuiet) }
    }

    /// Shows the commit to everyone, and what the sink gets of it.
    func publish(in registry: WorkspaceRegistry) -> WorkspaceBatch {
        log.publish(head: head, directory: isDirectoryChanged ? directory : nil)
        if isDirectoryChanged { registry.put(log, slug: directory.slug) }
        return WorkspaceBatch(workspace: log, directory: directory, events: events, quiet: quiet)
    }
}
