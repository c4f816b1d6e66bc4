package import Events

/// Who and what a workspace has: slug, time zone, members, channels and who belongs to them; a fold of its log.
///
/// Small enough to be kept in memory for every workspace, so that policy and visibility never wait for a query.
package struct WorkspaceDirectory: Sendable, Equatable {
    package let id: WorkspaceID
    package var slug: WorkspaceID
    /// A zone of the IANA database; decides where the workspace's days begin.
    package var timeZone: String
    /// What people call it; nil where nobody has said.
    package var name: String?
    /// Removed ones included, until they are added again.
    package var members: [UserID: Member]
    package var channels: [ChannelID: Channel]

    package struct Member: Sendable, Equatable {
        package var role: Role
        /// The seq of the `member.added`; of the `member.removed` for one who was never added.
        package var since: SequenceNumber
        /// When the server received the `member.removed`: tokens issued before are void. nil: a member now.
        package var removedAt: Milliseconds?

        package init(role: Role, since: SequenceNumber, removedAt: Milliseconds? = nil) {
            self.role = role
            self.since = since
            self.removedAt = removedAt
        }
    }

    package struct Channel: Sendable, Equatable {
        package var type: EventFacts.ChannelType
        package var title: String?
        package var isPrivate: Bool
        package var createdAt: Milliseconds
        /// Each member with the seq at which they joined; 0 in a dm, where all of it is unread to both.
        package var members: [UserID: SequenceNumber]
        /// false: someone joined it, but no `conversation.created` was seen; then it is public.
        package var isDeclared: Bool

        package init(
            type: EventFacts.ChannelType, title: String?, isPrivate: Bool, createdAt: Milliseconds,
            members: [UserID: SequenceNumber] = [:], isDeclared: Bool = true
        ) {
            self.type = type
            self.title = title
            self.isPrivate = isPrivate
            self.createdAt = createdAt
            self.members = members
            self.isDeclared = isDeclared
        }
    }

    /// - Parameter slug: the id where nil.
    package init(
        id: WorkspaceID, slug: WorkspaceID? = nil, timeZone: String = "UTC", name: String? = nil,
        members: [UserID: Member] = [:],
        channels: [ChannelID: Channel] = [:]
    ) {
        self.id = id
        self.slug = slug ?? id
        self.timeZone = timeZone
        self.name = name
        self.members = members
        self.channels = channels
    }

    /// Folds the next event of the log; events of other types change nothing.
    package mutating func apply(_ committed: CommittedEvent) {
        let event = committed.event
        switch committed.facts {
        case .workspace(let slug, let timeZone, let name):
            if let slug { self.slug = slug }
            if let timeZone { self.timeZone = timeZone }
            // An empty name takes it away.
            if let name { self.name = name.isEmpty ? nil : name }
        case .memberAdded(let user, let role):
            members[user] = Member(role: role, since: event.sequence)
        case .memberRemoved(let user):
            remove(user, by: event)
        case .channelCreated(let type, let title, let isPrivate):
            create(event, type: type, title: title, isPrivate: isPrivate)
        case .channelJoined(let user):
            join(event, user: user ?? event.user)
        case .channelLeft(let user):
            if let channel = event.channel { channels[channel]?.members[user ?? event.user] = nil }
        case .messageSent, .messageEdited, .messageDeleted, .messageRead, .reaction, .present, .absent, .userUpdated,
            .orchestrator, .task, .other:
            break
        }
    }

    /// A removed member leaves every channel: one who is added again starts without any.
    private mutating func remove(_ user: UserID, by event: Event) {
        let member = members[user]
        members[user] = Member(
            role: member?.role ?? .member, since: member?.since ?? event.sequence, removedAt: event.receivedAt)
        for (id, channel) in channels where channel.members[user] != nil { channels[id]?.members[user] = nil }
    }

    /// The first `conversation.created` of an id counts; a later one can't open a private channel. Those who had joined
    /// before stay in a public channel, but not in a private one, or an id could be joined in advance.
    private mutating func create(
        _ event: Event, type: EventFacts.ChannelType, title: String?, isPrivate: Bool
    ) {
        guard let id = event.channel, channels[id]?.isDeclared != true else { return }
        var channel = Channel(
            type: type, title: title, isPrivate: isPrivate, createdAt: event.occurredAt,
            members: isPrivate ? [:] : channels[id]?.members ?? [:])
        channel.join(event.user, at: event.sequence)
        channels[id] = channel
    }

    private mutating func join(_ event: Event, user: UserID) {
        guard let id = event.channel else { return }
        var channel =
            channels.removeValue(forKey: id)
            ?? Channel(
                type: .channel, title: nil, isPrivate: false, createdAt: event.occurredAt, isDeclared: false)
        channel.join(user, at: event.sequence)
        channels[id] = channel
    }
}

extension WorkspaceDirectory.Channel {
    /// Joining again changes nothing.
    fileprivate mutating func join(_ user: UserID, at sequence: SequenceNumber) {
        if members[user] == nil { members[user] = type == .dm ? 0 : sequence }
    }
}

extension WorkspaceDirectory: DirectoryView {
    package func isPrivate(_ channel: ChannelID) -> Bool { channels[channel]?.isPrivate ?? false }

    package func isMember(_ user: UserID, of channel: ChannelID) -> Bool {
        channels[channel]?.members[user] != nil
    }

    package func isKnown(_ channel: ChannelID) -> Bool { channels[channel]?.isDeclared ?? false }
}
