package import Events

/// The answer to a ``Submission``.
package enum AppendResult: Sendable {
    /// One result for each draft, in order.
    case items([ItemResult])
    case created(WorkspaceLog)
    /// A workspace of that id and slug is there.
    case alreadyExists(WorkspaceLog)
    /// The id or the slug names another workspace.
    case nameTaken
    /// The submission names a workspace that the log does not know.
    case unknownWorkspace
    /// Nothing was stored, as far as the log knows.
    case failed(StoreFault)
}

/// Why the log cannot store anything now.
package enum StoreFault: Error, Sendable, Equatable {
    /// 503 `storage_unavailable`.
    case unavailable
    /// 507 `storage_full`.
    case full
}

/// What became of one draft.
package enum ItemResult: Sendable, Equatable {
    /// It is durable; `index` is its place in the events of its ``WorkspaceBatch``.
    case accepted(AppendReceipt, index: Int)
    /// It repeats an earlier one, whose receipt this is.
    case duplicate(AppendReceipt)
    /// 409 `idempotency_conflict`: its id or key was used for something else, or by someone else.
    case conflict
    case denied(AppendDenial)
}

/// What the log gave to an event.
package struct AppendReceipt: Sendable, Equatable {
    package let eventID: EventID
    package let sequence: SequenceNumber
    package let receivedAt: Milliseconds

    package init(eventID: EventID, sequence: SequenceNumber, receivedAt: Milliseconds) {
        self.eventID = eventID
        self.sequence = sequence
        self.receivedAt = receivedAt
    }
}
