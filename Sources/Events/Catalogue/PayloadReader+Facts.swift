/// The rules of each catalogued type.
extension PayloadReader {
    /// The channel that the payload names.
    /// - Parameter isStrict: whether a member of that name which is no id is an error; in a custom type it is just data.
    func channel(isStrict: Bool) throws(PayloadError) -> ChannelID? {
        var channel: ChannelID?
        for name in ["channelId", "channel_id", "conversationId", "conversation_id"] {
            guard let value = member(name) else { continue }
            guard let named = ChannelID(value) else {
                if isStrict { throw Self.error(name, Self.identifierRule) }
                continue
            }
            if let channel, channel != named { throw Self.error(name, "names a second channel") }
            channel = named
        }
        return channel
    }

    func facts(of type: CataloguedType) throws(PayloadError) -> EventFacts {
        switch type {
        case .messageSent, .messageEdited, .messageDeleted, .messageRead, .reactionAdded, .reactionRemoved:
            return try messageFacts(of: type)
        case .userOnline, .userActive, .userAction:
            return .present(device: try identifier("deviceId", or: "device_id").map { (id: EntityID) in id.text } ?? "")
        case .userOffline:
            return .absent(device: try identifier("deviceId", or: "device_id").map { (id: EntityID) in id.text } ?? "")
        case .userUpdated:
            return .userUpdated(
                username: try string("username", maximumScalars: Catalogue.maximumTitleScalars),
                displayName: try string(
                    "displayName", or: "display_name", maximumScalars: Catalogue.maximumTitleScalars))
        case .workspaceCreated, .workspaceUpdated:
            return .workspace(
                slug: try identifier("slug"), timeZone: try timeZone(),
                name: try string("name", maximumScalars: Catalogue.maximumTitleScalars))
        case .memberAdded:
            return .memberAdded(
                user: try requiredIdentifier("userId", or: "user_id"),
                role: try choice("role", of: Role.self) ?? .member)
        case .memberRemoved:
            return .memberRemoved(user: try requiredIdentifier("userId", or: "user_id"))
        case .conversationCreated:
            return try channelCreated()
        case .conversationJoined:
            return .channelJoined(user: try identifier("userId", or: "user_id"))
        case .conversationLeft:
            return .channelLeft(user: try identifier("userId", or: "user_id"))
        case .orchestratorStarted: return .orchestrator(id: try orchestrator(), .started)
        case .orchestratorHeartbeat: return .orchestrator(id: try orchestrator(), .heartbeat)
        case .orchestratorStopped: return .orchestrator(id: try orchestrator(), .stopped)
        case .taskCreated: return try task(defaultStatus: "open")
        case .taskCompleted: return try task(defaultStatus: "completed")
        case .taskUpdated, .taskAssigned: return try task(defaultStatus: nil)
        case .fileUploaded:
            _ = try requiredString("file_type", or: "fileType")
            _ = try requiredString("file_name", or: "fileName")
            guard try count("file_size", or: "fileSize") != nil else { throw Self.error("file_size", "is required") }
            return .other
        case .userStatusChanged, .commentAdded, .mentionCreated, .screenshotCaptured, .ocrCompleted,
            .integrationUpdated, .fastStart, .fastJoin, .fastLeave, .devotionalAvailable, .milestoneReached,
            .reminderFast, .reminderDevotional:
            return .other
        }
    }

    /// What the event is about, as far as the payload says.
    func entity(
        of type: CataloguedType, facts: EventFacts, channel: ChannelID?
    ) throws(PayloadError) -> Entity? {
        switch facts {
        case .messageSent(let message, _, _, _): return message.map { Entity(type: "message", $0.text) }
        case .messageEdited(let message, _, _): return Entity(type: "message", message.text)
        case .messageDeleted(let message): return Entity(type: "message", message.text)
        case .messageRead(let lastRead): return Entity(type: "message", lastRead.text)
        case .reaction(let message): return Entity(type: "message", message.text)
        case .orchestrator(let id, _): return Entity(type: "orchestrator", id.text)
        case .task(let id, _): return Entity(type: "task", id.text)
        case .memberAdded(let user, _), .memberRemoved(let user): return Entity(type: "user", user.text)
        case .channelCreated, .channelJoined, .channelLeft:
            return channel.map { Entity(type: "conversation", $0.text) }
        case .present, .absent, .userUpdated, .workspace: return nil
        case .other:
            guard let (noun, name, alias) = type.optionalEntity, let value = member(name, or: alias),
                let id = EntityID(value)
            else { return nil }
            return Entity(type: noun, id: id)
        }
    }

    private func messageFacts(of type: CataloguedType) throws(PayloadError) -> EventFacts {
        switch type {
        case .messageSent:
            try checkPreview()
            return .messageSent(
                message: try identifier("messageId", or: "message_id"),
                type: try choice("messageType", or: "message_type", of: EventFacts.MessageType.self) ?? .text,
                length: try count("length", maximum: Catalogue.maximumMessageLength) ?? 0,
                mentions: try users("mentions") ?? [])
        case .messageEdited:
            try checkPreview()
            return .messageEdited(
                message: try requiredIdentifier("messageId", or: "message_id"),
                length: try count("length", maximum: Catalogue.maximumMessageLength),
                mentions: try users("mentions"))
        case .messageDeleted:
            return .messageDeleted(message: try requiredIdentifier("messageId", or: "message_id"))
        case .messageRead:
            return .messageRead(lastRead: try requiredIdentifier("lastReadMessageId", or: "last_read_message_id"))
        default:
            _ = try requiredString("emoji")
            return .reaction(message: try requiredIdentifier("messageId", or: "message_id"))
        }
    }

    private func checkPreview() throws(PayloadError) {
        if let preview = member("preview"), preview.kind != .string {
            throw Self.error("preview", "must be a string")
        }
    }

    private func timeZone() throws(PayloadError) -> String? {
        guard let name = try string("tz", or: "timeZone", maximumScalars: 64) else { return nil }
        guard LocalDay.isKnown(timeZone: name) else {
            throw Self.error("tz", "must be a time zone of the IANA database, for instance Europe/Berlin")
        }
        return name
    }

    /// A channel is public unless it says otherwise, a group private; a dm can't be public.
    private func channelCreated() throws(PayloadError) -> EventFacts {
        let kind = try choice("kind", of: EventFacts.ChannelType.self) ?? .channel
        let isPrivate = try flag("private") ?? (kind != .channel)
        if kind == .dm, !isPrivate { throw Self.error("private", "can't be false for a dm") }
        return .channelCreated(
            kind: kind, title: try string("title", maximumScalars: Catalogue.maximumTitleScalars),
            isPrivate: isPrivate)
    }

    private func orchestrator() throws(PayloadError) -> EntityID {
        try requiredIdentifier("orchestratorId", or: "orchestrator_id")
    }

    private func task(defaultStatus: String?) throws(PayloadError) -> EventFacts {
        let id: EntityID = try requiredIdentifier("taskId", or: "task_id")
        _ = try string("title")
        let _: UserID? = try identifier("assignee")
        let status = try string("status", maximumScalars: Catalogue.maximumStatusScalars)
        return .task(id: id, status: status ?? defaultStatus)
    }
}

extension Entity {
    /// An id of another kind was validated by the same rule.
    fileprivate init(type: String, _ text: String) { self.init(type: type, id: EntityID(validated: text)) }
}

extension EventDraft {
    /// What the event is about once the writer knows its id: also for a `message.sent` that leaves `messageId` to the
    /// event's id, and for `workspace.*`, whose payload does not name the workspace.
    package func entity(eventID: EventID, workspace: WorkspaceID) -> Entity? {
        if let entity { return entity }
        switch facts {
        case .messageSent: return Entity(type: "message", eventID.text)
        case .workspace: return Entity(type: "workspace", workspace.text)
        default: return nil
        }
    }
}
