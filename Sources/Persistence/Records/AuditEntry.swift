package import Events

/// A denied request or an admin action.
package struct AuditEntry: Sendable, Equatable {
    /// nil: an action on no workspace, or on one that does not exist.
    package let workspace: WorkspaceKey?
    package let at: Milliseconds
    /// Who did it, as far as known: a user, `key:<prefix>`, or `-`.
    package let actor: String
    /// For instance `stream.close`.
    package let action: String
    /// What it was done to, for instance `user:u-1`; "" for nothing.
    package let subject: String
    /// `ok`, or the error's code.
    package let outcome: String
    /// The `X-Request-Id`; "" where there was no request.
    package let request: String
    /// Whatever else helps; never a secret.
    package let detail: String

    package init(
        workspace: WorkspaceKey?, at: Milliseconds, actor: String, action: String, subject: String = "",
        outcome: String = "ok", request: String = "", detail: String = ""
    ) {
        self.workspace = workspace
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.outcome = outcome
        self.request = request
        self.detail = detail
    }
}

/// An entry as the audit log holds it.
package struct StoredAuditEntry: Sendable, Equatable {
    /// A UUIDv7: greater ids are younger entries.
    package let id: String
    package let entry: AuditEntry
}
