import Events

/// What the payload of each catalogued type must hold (`Events/Catalogue` enforces it); unknown members are kept.
///
/// `null` counts as absent; ids may be JSON integers; each camelCase name may also be spelt in snake_case, which the
/// schemas leave out to stay readable, so they describe what to send, not all that is taken.
enum PayloadSchemas {
    /// Types that share a payload, and its schema.
    static let table: [(types: [String], payload: Schema)] = messages + people + places + work + others

    private static let id = Schema.ref("Identifier")
    private static let title = Schema.text(0...256)

    private static let messages: [(types: [String], payload: Schema)] = [
        (
            ["message.sent"],
            .input([
                "channelId": id, "messageId?": id.described("Default: the event's id."),
                "messageType?": .oneOf("text", "image", "file", "system").with("default", "text"),
                "length?": .integer(0...(1 << 31), default: 0).described("Unicode scalars."),
                "mentions?": .array(of: id).described("Users."),
                "preview?": .string.described(
                    "Shown to the mentioned only, cut to 140 characters; streams carry `hasPreview`."),
            ])
        ),
        (
            ["message.edited"],
            .input([
                "messageId": id, "length?": .integer(0...(1 << 31)), "mentions?": .array(of: id), "preview?": .string,
            ])
        ),
        (["message.deleted"], .input(["messageId": id])),
        (["message.read"], .input(["channelId": id, "lastReadMessageId": id])),
        (["reaction.added", "reaction.removed"], .input(["messageId": id, "emoji": .text(1...1024)])),
        (
            ["file.uploaded"],
            .input([
                "file_type": .text(1...1024), "file_size": .integer(0...(1 << 53)), "file_name": .text(1...1024),
            ])
        ),
    ]

    private static let people: [(types: [String], payload: Schema)] = [
        (
            ["user.online", "user.offline", "user.active", "user.action"],
            .input(["deviceId?": id, "channelId?": id])
        ),
        (["user.updated"], .input(["username?": title, "displayName?": title])),
        (["member.added"], .input(["userId": id, "role?": .ref("Role").with("default", "member")])),
        (["member.removed"], .input(["userId": id])),
    ]

    private static let places: [(types: [String], payload: Schema)] = [
        (
            ["workspace.created", "workspace.updated"],
            .input(["slug?": id, "tz?": .ref("TimeZone"), "name?": title])
        ),
        (
            ["conversation.created"],
            .either(
                .input([
                    "channelId": id, "kind?": .oneOf("channel", "group").with("default", "channel"), "title?": title,
                    "private?": .bool.described("Default: false for a channel, true for a group."),
                ]),
                .input([
                    "channelId": id, "kind": .constant("dm"), "title?": title, "private?": Schema(["const": true]),
                ]))
        ),
        (["conversation.joined", "conversation.left"], .input(["channelId": id, "userId?": id])),
    ]

    private static let work: [(types: [String], payload: Schema)] = [
        (
            ["orchestrator.started", "orchestrator.heartbeat", "orchestrator.stopped"], .input(["orchestratorId": id])
        ),
        (
            ["task.created", "task.updated", "task.assigned", "task.completed"],
            .input([
                "taskId": id, "title?": .text(0...1024), "assignee?": id,
                "status?": .text(0...64).described("`in_progress` counts in tasksInProgress."),
            ])
        ),
    ]

    /// Types whose payload names at most what it is about.
    private static let others: [(types: [String], payload: Schema)] = [
        (
            [
                "user.status_changed", "comment.added", "mention.created", "screenshot.captured", "ocr.completed",
                "integration.updated", "fast.start", "fast.join", "fast.leave", "devotional.available",
                "milestone.reached", "reminder.fast", "reminder.devotional",
            ], .input(["channelId?": id])
        )
    ]
}
