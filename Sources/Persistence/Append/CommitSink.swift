package import Events
package import Projections

/// Who hears of committed events: the folds and the streams.
package protocol CommitSink: Sendable {
    /// Called on the writer's thread, group by group in commit order, when the directories and heads already show the
    /// group and before its submissions are answered. What it does delays every append.
    func committed(_ group: CommittedGroup)
}

/// The events of one commit.
package struct CommittedGroup: Sendable {
    /// One for each workspace that got events; ordered by key.
    package let batches: [WorkspaceBatch]

    package init(batches: [WorkspaceBatch]) { self.batches = batches }
}

/// The events of one workspace in one commit.
package struct WorkspaceBatch: Sendable {
    package let workspace: WorkspaceLog
    /// As it is after the last of ``events``.
    package let directory: WorkspaceDirectory
    /// Consecutive, in seq order; never empty.
    package let events: [CommittedEvent]
    /// For each event whether it came with ``Submission/isQuiet``; empty when none did.
    private let quiet: [Bool]

    package init(
        workspace: WorkspaceLog, directory: WorkspaceDirectory, events: [CommittedEvent], quiet: [Bool] = []
    ) {
        self.workspace = workspace
        self.directory = directory
        self.events = events
        self.quiet = quiet
    }

    /// Whether nobody is to be told of the event at `index` of ``events``.
    package func isQuiet(at index: Int) -> Bool {
        quiet.indices.contains(index) && quiet[index]
    }

    /// Whether every event is quiet.
    package var isQuiet: Bool { !quiet.isEmpty && !quiet.contains(false) }
}
