import Broadcast
import HTTPProtocol

extension Operation {
    private static let path = RealtimeRoute.pattern
    /// Written as a list split by commas.
    static let types = Parameter.query(
        "types",
        .array(
            of: Schema(["type": "string", "pattern": #"^([a-z][a-z0-9_]*\.)+([a-z][a-z0-9_]*|\*)$"#, "maxLength": 64]),
            atMost: TypeFilter.maximumPatterns
        ).with("minItems", 1),
        "Event types or prefixes: `message.*,task.completed`.")

    static let realtime: [Operation] = [
        Operation(
            method: .get, pattern: path, id: "followWorkspace", group: .realtime,
            summary: "Follow the workspace live, or get its figures now",
            description: """
                `Accept: text/event-stream` opens a stream: `connected`, `stats` at once and then every five seconds, each \
                event as it is committed, `ping`. It ends with `closing`. `Last-Event-ID` resumes without gap or \
                duplicate, or tells by `reset` why it cannot. Everything else that accepts JSON gets a snapshot, which \
                has an ETag.
                """,
            access: .streamCredential,
            parameters: [
                types,
                .query("stats", .oneOf("on", "off").with("default", "on"), "off: no figures on this stream."),
                .query("events", .oneOf("on", "off").with("default", "on"), "off: no events on this stream."),
                .query(
                    "lastEventId", .either(.position, .constant("")),
                    "Where to resume; the field Last-Event-ID wins. Empty: nowhere."),
                .header("Last-Event-ID", .string, "Where to resume; an EventSource sends it by itself."),
                .header("If-None-Match", .string, "The snapshot's ETag: 304 while nothing has changed."),
            ],
            answers: [
                Answer(
                    status: 200, description: "The snapshot, or the stream.",
                    content: [("application/json", .ref("Snapshot")), ("text/event-stream", streamSchema)],
                    headers: [("ETag", "Of the snapshot: weak, over all but the time.")]),
                .empty(204, "An administrator closed this user's streams for good."),
                .empty(304, "The snapshot has not changed."),
            ],
            problems: [.invalidParameter, .notAcceptable, .rebuilding, .capacity]),
        Operation(
            method: .post, pattern: path, id: "trackEvent", group: .realtime, summary: "Append one event",
            description: """
                Answered when the event is durable, counted and handed over. A repeat under the same `eventId` or \
                `Idempotency-Key` gets the first answer again.
                """,
            parameters: [
                .header(
                    "Idempotency-Key", Schema(["type": "string", "pattern": "^[!-~]{1,255}$"]),
                    "1–255 visible ASCII characters, remembered for a day, for this user only.")
            ],
            body: [("application/json", .ref("EventDraft"))],
            answers: [.json(.ref("Receipt"), "The event is in the log.")],
            problems: eventProblems + [.invalidParameter, .idempotencyConflict, .unsupportedMediaType]),
        Operation(
            method: .delete, pattern: path, id: "closeStreams", group: .realtime,
            summary: "Close all streams of the workspace", description: "For administrators.",
            parameters: [.query("user", .identifier, "Only this user's streams.")]
                + closeParameters(hold: "Default: streams.adminCloseHold."),
            answers: [.json(.ref("Closed"), "What was closed.")], problems: [.invalidParameter]),
        Operation(
            method: .get, pattern: ConnectionsRoute.pattern, id: "listConnections", group: .realtime,
            summary: "List the open streams of the workspace", description: "For administrators. Oldest first.",
            parameters: [
                .query("user", .identifier, "Only this user's streams."),
                .query("limit", .integer(1...1000, default: 100), "Streams listed at most; `total` counts them all."),
            ],
            answers: [.json(.ref("Connections"), "The streams as they are now.")],
            problems: [.invalidParameter, .outOfRange]),
        Operation(
            method: .delete, pattern: ConnectionsRoute.pattern + "/:connection", id: "closeConnection",
            group: .realtime, summary: "Close the stream of that connectionId",
            description: "For administrators. Other streams go on, those of the same user too.",
            parameters: closeParameters(hold: "Default: not at all, or streams.adminCloseHold where final."),
            answers: [.json(.ref("Closed"), "It is closed.")], problems: [.invalidParameter]),
    ]

    private static func closeParameters(hold: String) -> [Parameter] {
        [
            .query("hold", .duration, "How long their users are kept out, up to 24h. \(hold)"),
            .query(
                "final", .oneOf("true", "false").with("default", "false"),
                "true: during the hold those users are answered 204, which ends an EventSource for good."),
        ]
    }

    /// What is wrong with one event.
    static let eventProblems: [ProblemCode] = [
        .invalidJSON, .duplicateKey, .tooDeep, .tooLarge, .invalidType, .unknownType, .invalidID, .invalidPayload,
    ]

    /// A string to OpenAPI; which events it holds stands beside it.
    private static let streamSchema = Schema([
        "type": "string", "contentMediaType": "text/event-stream",
        "x-server-sent-events": .object(
            Components.streamEventNames.map { name in
                (name, Schema.ref(Components.schemaName(ofStreamEvent: name)).tree)
            }),
    ])
}
