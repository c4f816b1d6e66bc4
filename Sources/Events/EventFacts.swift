/// What the catalogue reads out of a payload for policy and projections: the typed half of an event.
///
/// Derived from `(type, data)` alone by ``Catalogue``, at ingest and again on replay, so that a rebuilt projection is the
/// same. An event of a custom type, or one that no projection needs, has `.other`.
package enum EventFacts: Sendable, Equatable {
    /// `message.sent`; `message` is nil where the payload leaves `messageId` to the event's own id.
    case messageSent(message: MessageID?, type: MessageType, length: Int, mentions: [UserID])
    case messageEdited(message: MessageID, length: Int?, mentions: [UserID]?)
    case messageDeleted(message: MessageID)
    case messageRead(lastRead: MessageID)
    /// `reaction.added`, `reaction.removed`.
    case reaction(message: MessageID)
    /// `user.online`, `user.active`, `user.action`: the user is there; `device` is "" where none is named.
    case present(device: String)
    /// `user.offline`: that device left.
    case absent(device: String)
    case userUpdated(username: String?, displayName: String?)
    case orchestrator(id: EntityID, OrchestratorChange)
    /// Status nil: the event does not change it.
    case task(id: EntityID, status: String?)
    case workspace(slug: WorkspaceID?, timeZone: String?, name: String? = nil)
    case memberAdded(user: UserID, role: Role)
    case memberRemoved(user: UserID)
    case channelCreated(kind: ChannelType, title: String?, isPrivate: Bool)
    /// `conversation.joined`; `user` is nil where it is the event's own user.
    case channelJoined(user: UserID?)
    case channelLeft(user: UserID?)
    case other

    package enum MessageType: String, Sendable, CaseIterable { case text, image, file, system }
    package enum OrchestratorChange: String, Sendable, CaseIterable { case started, heartbeat, stopped }
    package enum ChannelType: String, Sendable, CaseIterable { case channel, group, dm }
}

/// What a credential may do in one workspace; `ingest` posts for others, `admin` may do all.
package enum Role: String, Sendable, CaseIterable {
    case member, ingest, admin
}

/// Who does something in one workspace: the answer of authentication.
package struct Principal: Sendable, Hashable {
    package let user: UserID
    package let role: Role

    package init(user: UserID, role: Role) {
        self.user = user
        self.role = role
    }
}
