/// What the policy needs to know of a workspace while the writer judges an append.
package protocol DirectoryView {
    /// Whether `channel` exists and only its members may see it.
    func isPrivate(_ channel: ChannelID) -> Bool
    /// Whether `user` belongs to `channel` now.
    func isMember(_ user: UserID, of channel: ChannelID) -> Bool
    /// Whether a `conversation.created` is known for `channel`.
    func isKnown(_ channel: ChannelID) -> Bool
}

/// Says who may append what; asked by the log writer, in commit order, so that it judges the state the event will meet.
package protocol AppendJudge: Sendable {
    /// - Parameter target: the message the draft is about, nil where there is none or the log does not know it.
    /// - Returns: why the append is refused; nil when it is allowed.
    func denial(
        of draft: EventDraft, by principal: Principal, in directory: some DirectoryView, target: MessageRecord?
    ) -> AppendDenial?
}

/// Why an append is refused.
package enum AppendDenial: Error, Sendable, Equatable {
    /// 403 `forbidden`; the text says what would be needed.
    case forbidden(String)
    /// 404 `not_found`: also for what the principal may not see.
    case notFound(String)
    /// 422 `invalid_payload`; `pointer` is a JSON pointer into the body.
    case invalid(pointer: String, detail: String)
}
