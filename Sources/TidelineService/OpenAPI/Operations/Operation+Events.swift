import HTTPProtocol

extension Operation {
    static let events: [Operation] = [
        Operation(
            method: .get, pattern: "/api/workspaces/:workspace/events", id: "readLog", group: .events,
            summary: "Read the log page by page", description: "The same ids and the same visibility as the stream.",
            parameters: [
                .query(
                    "after", .position,
                    "The id behind which to read. Default: the beginning of what the log still holds."),
                .query("limit", .integer(1...1000, default: 100), "Events a page at most."),
                types,
                .query(
                    "wait", Schema(["type": "string", "pattern": "^(0|[0-9]{1,5}ms|1?[0-9]s|2[0-5]s)$"]),
                    "Up to 25s: answer as soon as there is something behind `after`, or empty when the time is over."),
            ],
            answers: [.json(.ref("Page"), "A page; empty at the head.")],
            problems: [.invalidParameter, .outOfRange, .logPruned, .capacity]),
        Operation(
            method: .post, pattern: "/api/workspaces/:workspace/events", id: "appendBatch", group: .events,
            summary: "Append up to 1,000 events",
            description: """
                Items are judged one by one; the good ones get consecutive numbers in one transaction. A malformed \
                array stores nothing; a malformed line of NDJSON fails alone. Make items idempotent by `eventId`.
                """,
            parameters: [
                .query(
                    "dryRun", .oneOf("true", "false").with("default", "false"),
                    "true: judge the items and store nothing.")
            ],
            body: [
                ("application/json", .array(of: .ref("EventDraft"), atMost: 1000)),
                (
                    "application/x-ndjson",
                    Schema(["type": "string", "description": "One EventDraft a line."])
                ),
            ],
            answers: [.json(.ref("BatchReceipt"), "Each item with its own status.")],
            problems: [.invalidParameter, .invalidBatch, .batchRefused, .unsupportedMediaType]),
    ]
}
