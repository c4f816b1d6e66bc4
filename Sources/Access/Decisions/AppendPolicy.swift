package import Events

/// Who may append what. The writer asks it in commit order, so it judges the state that the event will meet.
///
/// - *admin*: everything.
/// - *ingest*: everything but `workspace.*` and `member.*`.
/// - *member*, as themselves: `message.*`, `reaction.*`, `comment.*` and `file.uploaded` in channels they belong to,
///   editing and deleting only their own; `user.*` and `message.read` about themselves; `conversation.joined` of a
///   public channel and `conversation.left`, themselves only; `task.*`; custom types.
///
/// What these leave open:
/// - A channel with a `conversation.created` asks for membership. One that was never created through Tideline is open
///   to all members of the workspace: a service need not mirror its channels here. It cannot be joined, else one
///   could wait inside for a private channel to be created.
/// - What a member may not see, a private channel or a message in it, is answered exactly as if it did not exist.
///   (Where an unknown channel would be open, refusing a private one shows that its id is taken, and nothing else.)
/// - A deleted message cannot be edited, deleted or reacted to by a member.
/// - `comment.*` and `file.uploaded` without a channel belong to the workspace, where anyone may post.
/// - No role may name a channel beside a message of another channel: the named one decides who sees the event.
package struct AppendPolicy: AppendJudge {
    package init() {}

    package func denial(
        of draft: EventDraft, by principal: Principal, in directory: some DirectoryView, target: MessageRecord?
    ) -> AppendDenial? {
        switch principal.role {
        case .admin:
            return misplacement(of: draft, target: target)
        case .ingest:
            if draft.type.isGoverning { return .forbidden("Appending \(draft.type) needs the role admin.") }
            return misplacement(of: draft, target: target)
        case .member:
            return MemberRule(draft: draft, member: principal.user, target: target).denial(in: directory)
                ?? misplacement(of: draft, target: target)
        }
    }

    /// The channel of a draft about a message must be the message's. Asked last: until then the message may be
    /// invisible.
    private func misplacement(of draft: EventDraft, target: MessageRecord?) -> AppendDenial? {
        // A `message.sent` is about no earlier message; a target only says that its id is taken.
        if case .messageSent = draft.facts { return nil }
        guard let channel = draft.channel, let target, target.channel != channel else { return nil }
        return .invalid(pointer: "/eventData/channelId", detail: "The message is not in channel \(channel).")
    }
}

extension EventType {
    /// Whether it is of a family that changes who belongs to the workspace, or the workspace itself: only an admin may
    /// append it, and the audit log says so.
    package var isGoverning: Bool { text.hasPrefix("workspace.") || text.hasPrefix("member.") }
}
