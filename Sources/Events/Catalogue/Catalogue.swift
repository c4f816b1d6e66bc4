/// The event types Tideline knows: what their payloads must hold, and what they mean to projections.
///
/// Fields that a type does not name are kept as they are. Types that are not here are custom: any payload, facts `.other`.
/// A member `channelId` (or `channel_id`, `conversationId`, `conversation_id`) that is an id sets the channel of an event
/// of **any** type, since the events of a private channel must reach its members only.
package enum Catalogue {
    /// What a payload says: the facts, the channel it names, and what it is about. `entity` is nil where the payload does
    /// not name it; see ``EventDraft/entity(eventID:workspace:)``.
    package typealias Reading = (facts: EventFacts, channel: ChannelID?, entity: Entity?)

    /// The longest `length` of a message.
    static let maximumMessageLength: Int64 = 1 << 31
    /// The longest title or name, in Unicode scalars.
    package static let maximumTitleScalars = 256
    /// The longest status of a task, in Unicode scalars.
    static let maximumStatusScalars = 64

    /// Every catalogued type, for documents about them.
    package static var types: [String] { CataloguedType.allCases.map(\.rawValue) }

    package static func isCatalogued(_ type: EventType) -> Bool { CataloguedType(type) != nil }

    /// Validates `data`, the payload of an event of `type`, and reads what it says.
    package static func read(_ type: EventType, data: JSONValue) throws(PayloadError) -> Reading {
        let payload = try PayloadReader(data)
        guard let type = CataloguedType(type) else { return (.other, try payload.channel(isStrict: false), nil) }
        let channel = try payload.channel(isStrict: true)
        if channel == nil, type.requiresChannel { throw PayloadReader.error("channelId", "is required") }
        let facts = try payload.facts(of: type)
        return (facts, channel, try payload.entity(of: type, facts: facts, channel: channel))
    }

    /// For replay: the facts of stored data, which was validated at ingest; `.other` for data that no longer passes.
    package static func facts(of type: EventType, data: [UInt8]) -> EventFacts {
        guard let type = CataloguedType(type) else { return .other }
        // Losing the reason is right: a replay can do nothing about an old event that newer rules would refuse, and
        // `.other` counts it without believing it.
        guard let document = try? JSONDocument(scanning: data, limits: .stored),
            let payload = try? PayloadReader(document.root),
            let facts = try? payload.facts(of: type)
        else { return .other }
        return facts
    }
}

/// A type of the catalogue.
enum CataloguedType: String, CaseIterable {
    case messageSent = "message.sent"
    case messageEdited = "message.edited"
    case messageDeleted = "message.deleted"
    case messageRead = "message.read"
    case reactionAdded = "reaction.added"
    case reactionRemoved = "reaction.removed"
    case fileUploaded = "file.uploaded"
    case userOnline = "user.online"
    case userOffline = "user.offline"
    case userActive = "user.active"
    case userAction = "user.action"
    case userUpdated = "user.updated"
    case userStatusChanged = "user.status_changed"
    case commentAdded = "comment.added"
    case mentionCreated = "mention.created"
    case workspaceCreated = "workspace.created"
    case workspaceUpdated = "workspace.updated"
    case memberAdded = "member.added"
    case memberRemoved = "member.removed"
    case conversationCreated = "conversation.created"
    case conversationJoined = "conversation.joined"
    case conversationLeft = "conversation.left"
    case orchestratorStarted = "orchestrator.started"
    case orchestratorHeartbeat = "orchestrator.heartbeat"
    case orchestratorStopped = "orchestrator.stopped"
    case taskCreated = "task.created"
    case taskUpdated = "task.updated"
    case taskAssigned = "task.assigned"
    case taskCompleted = "task.completed"
    case screenshotCaptured = "screenshot.captured"
    case ocrCompleted = "ocr.completed"
    case integrationUpdated = "integration.updated"
    case fastStart = "fast.start"
    case fastJoin = "fast.join"
    case fastLeave = "fast.leave"
    case devotionalAvailable = "devotional.available"
    case milestoneReached = "milestone.reached"
    case reminderFast = "reminder.fast"
    case reminderDevotional = "reminder.devotional"

    /// One hash instead of a comparison with each case.
    private static let byText = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    init?(_ type: EventType) {
        guard let known = Self.byText[type.text] else { return nil }
        self = known
    }

    var requiresChannel: Bool {
        switch self {
        case .messageSent, .messageRead, .conversationCreated, .conversationJoined, .conversationLeft: true
        default: false
        }
    }

    /// Whether events of this type are about the user who does them.
    var isAboutUser: Bool {
        switch self {
        case .userOnline, .userOffline, .userActive, .userAction, .userUpdated, .userStatusChanged: true
        default: false
        }
    }

    /// For types whose facts do not name what they are about: the noun, and the member that may hold its id.
    var optionalEntity: (noun: String, name: String, alias: String)? {
        switch self {
        case .commentAdded: ("comment", "commentId", "comment_id")
        case .screenshotCaptured, .ocrCompleted: ("screenshot", "screenshotId", "screenshot_id")
        case .integrationUpdated: ("integration", "integrationId", "integration_id")
        case .fileUploaded: ("file", "fileId", "file_id")
        case .fastStart, .fastJoin, .fastLeave, .reminderFast: ("fast", "fastId", "fast_id")
        case .devotionalAvailable, .reminderDevotional: ("devotional", "devotionalId", "devotional_id")
        case .milestoneReached: ("milestone", "milestoneId", "milestone_id")
        default: nil
        }
    }
}
