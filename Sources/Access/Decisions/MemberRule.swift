import Events

/// ``AppendPolicy`` for the role member: one draft, judged.
struct MemberRule {
    let draft: EventDraft
    let member: UserID
    /// The message the draft is about, as the log knows it.
    let target: MessageRecord?

    /// Why the draft is refused; nil when it is allowed.
    func denial(in directory: some DirectoryView) -> AppendDenial? {
        if draft.user != member { return .forbidden("Appending for another user needs the role ingest.") }
        if let channel = draft.channel, !isVisible(channel, in: directory) { return Self.noSuchChannel }
        // A `message.*` knows best what its target means: for `message.sent` it is only an id that is taken.
        if draft.about != nil, let target, !isVisible(target.channel, in: directory) { return Self.noSuchMessage }
        switch family {
        case .messages: return messageDenial(in: directory)
        case .posts: return draft.channel.flatMap { membershipDenial($0, in: directory) }
        case .themselves: return selfDenial
        case .conversations: return conversationDenial(in: directory)
        case .open: return nil
        case .closed(let role): return .forbidden("Appending \(draft.type) needs the role \(role.rawValue).")
        }
    }

    // MARK: Families of types

    private enum Family {
        /// About a message of a channel: `message.*`, `reaction.*`.
        case messages
        /// In a channel where one is named: `comment.*`, `file.uploaded`.
        case posts
        /// `user.*`.
        case themselves
        /// `conversation.joined`, `conversation.left`.
        case conversations
        /// `task.*` and custom types.
        case open
        /// The rest of the catalogue.
        case closed(Role)
    }

    private var family: Family {
        let type = draft.type.text
        switch type.prefix(while: { $0 != "." }) {
        case "workspace", "member": return .closed(.admin)
        case "message", "reaction": return .messages
        case "comment": return .posts
        case "user": return .themselves
        case "task": return .open
        default: break
        }
        switch type {
        case "file.uploaded": return .posts
        case "conversation.joined", "conversation.left": return .conversations
        default: return Catalogue.isCatalogued(draft.type) ? .closed(.ingest) : .open
        }
    }

    // MARK: Messages

    private func messageDenial(in directory: some DirectoryView) -> AppendDenial? {
        switch draft.facts {
        case .messageSent:
            guard let channel = draft.channel else {
                return .invalid(pointer: "/eventData/channelId", detail: "A message needs a channel.")
            }
            return membershipDenial(channel, in: directory)
        case .messageEdited, .messageDeleted:
            return targetDenial(in: directory) ?? ownershipDenial
        case .reaction:
            return targetDenial(in: directory)
        case .messageRead:
            return readDenial(in: directory)
        default:
            // A custom type such as `message.pinned`.
            if let target, !isVisible(target.channel, in: directory) { return Self.noSuchMessage }
            return (draft.channel ?? target?.channel).flatMap { membershipDenial($0, in: directory) }
        }
    }

    /// The message must be known, visible, live, and in a channel the member belongs to.
    private func targetDenial(in directory: some DirectoryView) -> AppendDenial? {
        guard let target, !target.isDeleted, isVisible(target.channel, in: directory) else {
            return Self.noSuchMessage
        }
        return membershipDenial(target.channel, in: directory)
    }

    private var ownershipDenial: AppendDenial? {
        target?.sender == member ? nil : .forbidden("Only its sender may edit or delete a message.")
    }

    /// One may read up to a deleted message. In an open channel the messages, too, may live elsewhere.
    private func readDenial(in directory: some DirectoryView) -> AppendDenial? {
        guard let target else {
            guard let channel = draft.channel, !directory.isKnown(channel) else { return Self.noSuchMessage }
            return nil
        }
        guard isVisible(target.channel, in: directory) else { return Self.noSuchMessage }
        return membershipDenial(target.channel, in: directory)
    }

    // MARK: Users and conversations

    private var selfDenial: AppendDenial? {
        guard let entity = draft.entity, entity.type == "user", entity.id.text != member.text else { return nil }
        return .forbidden("Speaking of another user needs the role ingest.")
    }

    private func conversationDenial(in directory: some DirectoryView) -> AppendDenial? {
        guard let channel = draft.channel, directory.isKnown(channel) else { return Self.noSuchChannel }
        switch draft.facts {
        case .channelJoined(let user), .channelLeft(let user):
            guard user == nil || user == member else {
                return .forbidden("Adding or removing another user needs the role ingest.")
            }
            return nil
        default:
            return .forbidden("Appending \(draft.type) needs the role ingest.")
        }
    }

    // MARK: Channels

    private func isVisible(_ channel: ChannelID, in directory: some DirectoryView) -> Bool {
        !directory.isPrivate(channel) || directory.isMember(member, of: channel)
    }

    /// Asked only of channels that are visible.
    private func membershipDenial(_ channel: ChannelID, in directory: some DirectoryView) -> AppendDenial? {
        guard directory.isKnown(channel), !directory.isMember(member, of: channel) else { return nil }
        return .forbidden("Join the channel before posting in it.")
    }

    /// The same words whether it does not exist or may not be seen.
    private static let noSuchChannel = AppendDenial.notFound("There is no such channel.")
    private static let noSuchMessage = AppendDenial.notFound("There is no such message.")
}
