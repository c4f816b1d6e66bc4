import Broadcast
import Events

/// The schemas that operations refer to by name.
enum Components {
    static let schemas: [(name: String, schema: Schema)] =
        vocabulary + drafts + answers + streamEvents + problems

    // MARK: Vocabulary

    private static let vocabulary: [(name: String, schema: Schema)] = [
        (
            "Identifier",
            .either(.identifier, Schema(["type": "integer"]))
                .described("Opaque, unique within a workspace. A JSON integer is taken as its decimal text.")
        ),
        ("Role", .oneOf(Role.allCases.map(\.rawValue))),
        (
            "TimeZone",
            Schema(["type": "string", "examples": ["UTC", "Europe/Berlin"]])
                .described("A name of the IANA time zone database.")
        ),
        (
            "EventType",
            Schema([
                "type": "string", "pattern": #"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$"#,
                "maxLength": .integer(EventType.maximumBytes), "examples": ["message.sent", "order.paid"],
            ])
            .described("A catalogued type, whose payload is checked, or one of your own.")
        ),
    ]

    // MARK: What is sent

    private static let drafts: [(name: String, schema: Schema)] = [
        (
            "EventDraft",
            Schema([
                "description": "An event to append: of a catalogued type with its payload, or of a type of your own.",
                "anyOf": .array((PayloadSchemas.table.map(draft) + [customDraft]).map(\.tree)),
            ])
        )
    ]

    private static func draft(_ row: (types: [String], payload: Schema)) -> Schema {
        event(type: .oneOf(row.types), data: row.payload, needsData: row.payload.hasRequired)
    }

    private static let customDraft = event(
        type: Schema([
            "allOf": [
                Schema.ref("EventType").tree,
                ["not": ["enum": .array(PayloadSchemas.table.flatMap(\.types).map { .string($0) })]],
            ]
        ]), data: .anyObject, needsData: false)

    private static func event(type: Schema, data: Schema, needsData: Bool) -> Schema {
        .input([
            "eventType": type,
            needsData ? "eventData" : "eventData?": data,
            "sessionId?": .ref("Identifier"),
            "eventId?": .ref("Identifier").described("Makes the append idempotent. Default: a UUIDv7 of the server's."),
            "userId?": .ref("Identifier").described("For another user: roles ingest and admin. Default: the sender."),
            "occurredAt?": .either(
                .timestamp.with("pattern", "^(19[7-9]|[2-9][0-9]{2})[0-9]-"), .integer(0...253_402_300_799_999)
            )

            .described("Roles ingest and admin; RFC 3339 or epoch milliseconds. Default: the time of receipt."),
        ])
    }

    // MARK: What is answered

    private static let figures: KeyValuePairs<String, Schema> = [
        "activeUsers": .count, "onlineUsers": .count, "activeSessions": .count, "messagesLastHour": .count,
        "messagesToday": .count, "activeChannels": .count, "activeOrchestrators": .count, "tasksInProgress": .count,
        "eventCounts": .map(of: .count), "timestamp": .timestamp,
        "asOf": .count.described("The number of the last event that the figures include."),
    ]

    private static let answers: [(name: String, schema: Schema)] = [
        ("Stats", Schema.object(figures).described("What each figure means: GET /api/definitions.")),
        (
            "Snapshot",
            .object([
                "data": .ref("Stats"),
                "meta": .object([
                    "workspaceId": .identifier, "userId": .identifier, "mode": .constant("snapshot"),
                    "connections": .count.described("Open streams of the workspace."),
                    "lastEventId": .position.described("Where a stream or a reader of the log goes on."),
                    "timestamp": .timestamp,
                ]),
            ])
        ),
        (
            "Event",
            .object([
                "eventId": .identifier, "workspaceId": .identifier, "seq": .count, "id": .position,
                "eventType": .ref("EventType"), "userId": .identifier, "sessionId?": .identifier,
                "timestamp": .timestamp, "occurredAt": .timestamp, "receivedAt": .timestamp,
                "entity?": .object(["type": .string, "id": .identifier]),
                "eventData": .anyObject,
            ])
        ),
        (
            "Receipt",
            .object([
                "success": .bool, "message": .string, "eventType": .ref("EventType"),
                "notified": .count.described("Streams addressed at hand-over, the sender's own included."),
                "duplicate?": .bool.described("true: an identical repeat; this is the first answer again."),
                "eventId": .identifier, "seq": .count, "id": .position, "receivedAt": .timestamp,
                "timestamp": .timestamp,
            ])
        ),
        ("BatchReceipt", Schema.object(batchMembers)),
        (
            "Page",
            .object([
                "events": .array(of: .ref("Event")),
                "next": .position.described("`after` of the next page; also a resume position of the stream."),
                "head": .position, "floor": .position,
            ])
        ),
        (
            "Closed",
            .object([
                "success": .bool, "message": .string, "closedCount": .count,
                "complete": .bool.described("false: not every loop had reported within 2 s."), "timestamp": .timestamp,
            ])
        ),
        (
            "Connections",
            .object([
                "connections": .array(of: .ref("Connection")), "total": .count,
                "complete": .bool.described("false: not every loop had answered within 2 s."), "timestamp": .timestamp,
            ])
        ),
        (
            "Connection",
            .object([
                "connectionId": .string, "userId": .identifier, "address": .string, "openedAt": .timestamp,
                "ageMs": .count,
                "types": .nullable(.array(of: .string)).described("The filter; null: all types."),
                "stats": .bool, "events": .bool,
                "position": .position.described("The last event handed to its socket, or passed over."),
                "lagEvents": .count.described("Events of the log behind that position."),
                "lagBytes": .count.described("Bytes that wait in memory; a replaying stream lags by more."),
                "unsentBytes": .count.described("Bytes that the client has not acknowledged."),
                "state": .oneOf("live", "replaying", "closing"),
            ])
        ),
        (
            "Definitions",
            .array(of: .object(["name": .string, "meaning": .string, "window": .string, "unit": .string]))
        ),
    ]

    private static let batchMembers: KeyValuePairs<String, Schema> = [
        "accepted": .count, "duplicates": .count, "rejected": .count,
        "items": .array(
            of: .object([
                "index": .count, "status": .oneOf("accepted", "duplicate", "rejected", "valid"),
                "eventId?": .identifier, "seq?": .count, "id?": .position, "code?": .ref("ProblemCode"),
                "detail?": .string,
            ])),
    ]

    // MARK: What streams carry

    /// The `data` of each event of a stream, by its name.
    static let streamEventNames = ["connected", "stats", "event", "ping", "reset", "closing"]

    private static let streamEvents: [(name: String, schema: Schema)] = [
        (
            "ConnectedEvent",
            .object([
                "connectionId": .string, "workspaceId": .identifier, "timestamp": .timestamp,
                "heartbeat": .count.described("Milliseconds between pings; 2.5 of them without a byte: reconnect."),
            ])
        ),
        ("PingEvent", .object(["timestamp": .count.described("Epoch milliseconds.")])),
        (
            "ResetEvent",
            .object([
                "reason": .oneOf(ResetReason.allCases.map(\.rawValue)), "head": .position,
                "next": .position.described("What can still be read begins behind it."),
            ])
        ),
        (
            "ClosingEvent",
            .object([
                "reason": .oneOf(CloseReason.allCases.map(\.rawValue)),
                "retryMs": .count.described("Wait this long, then come back with the last id."),
            ])
        ),
    ]

    // MARK: Problems

    private static let problems: [(name: String, schema: Schema)] = [
        ("ProblemCode", .oneOf(ProblemCode.allCases.map(\.rawValue)).described(problemTable)),
        (
            "Problem",
            .object([
                "type": Schema(["type": "string", "format": "uri"]), "title": .string, "status": .integer(400...599),
                "detail": .string, "instance?": .string, "code": .ref("ProblemCode"),
                "errors?": .array(
                    of: .object(["pointer": .string.described("RFC 6901, into the body."), "detail": .string])),
            ]).described("RFC 9457. Switch on `code`.")
        ),
        (
            "BatchProblem",
            Schema([
                "description": "Every item was refused: a problem that carries the items.",
                "allOf": [Schema.ref("Problem").tree, Schema.object(batchMembers).tree],
            ])
        ),
    ]

    private static let problemTable =
        "| code | status | when | what to do |\n|---|---|---|---|\n"
        + ProblemCode.allCases.map { code in
            "| `\(code.rawValue)` | \(code.row.status) | \(code.row.title) | \(code.row.remedy) |"
        }.joined(separator: "\n")
}

extension Components {
    /// `ping` → `PingEvent`; figures and events of the log have the names they have elsewhere.
    static func schemaName(ofStreamEvent name: String) -> String {
        switch name {
        case "stats": "Stats"
        case "event": "Event"
        default: name.prefix(1).uppercased() + name.dropFirst() + "Event"
        }
    }
}
