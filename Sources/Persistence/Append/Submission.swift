package import Events

/// What a request wants appended; judged, committed and answered as one, in the order of ``EventLog/submit(_:)``.
package struct Submission: Sendable {
    /// What to append.
    package enum Kind: Sendable {
        /// One event, or a batch whose allowed items are committed together, in their order. Each item is judged by itself.
        case append(WorkspaceKey, [EventDraft], isBatch: Bool)
        /// A new workspace, with `workspace.created` as its first event. Not judged: the caller has decided.
        /// - slug: nil takes the id.
        case createWorkspace(WorkspaceID, slug: WorkspaceID?, timeZone: String, name: String?)
    }

    package let kind: Kind
    package let principal: Principal
    /// An import that nobody is told of; the sink sees it with the events.
    package let isQuiet: Bool
    /// Called once, on the writer's thread, after the sink has seen the group; must be brief. May be called on the
    /// thread that closes the log.
    package let completion: @Sendable (AppendResult) -> Void

    package init(
        _ kind: Kind, by principal: Principal, isQuiet: Bool = false,
        completion: @escaping @Sendable (AppendResult) -> Void
    ) {
        self.kind = kind
        self.principal = principal
        self.isQuiet = isQuiet
        self.completion = completion
    }

    /// How many events it may add.
    var eventCount: Int {
        switch kind {
        case .append(_, let drafts, _): drafts.count
        case .createWorkspace: 1
        }
    }

    /// About what it weighs in the queue and in the write-ahead log.
    var byteCount: Int {
        switch kind {
        case .append(_, let drafts, _): drafts.reduce(0) { $0 + $1.data.count + Self.overheadBytes }
        case .createWorkspace: Self.overheadBytes
        }
    }

    /// The columns of an event beside its payload.
    private static let overheadBytes = 200
}
