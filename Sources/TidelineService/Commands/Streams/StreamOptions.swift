package import Broadcast
package import Events

/// `tideline tail`.
package struct TailOptions: Sendable, Equatable {
    /// Where to begin.
    package enum Start: Sendable, Equatable {
        /// With what happens from now on.
        case now
        /// Behind an event's id.
        case after(StreamPosition)
        /// Behind a sequence number of the present log.
        case afterSequence(SequenceNumber)
    }

    package var configuration: ConfigurationOptions
    package var workspace: WorkspaceID
    package var start: Start
    /// nil: all types.
    package var filter: TypeFilter?
    /// nil: everyone's events.
    package var user: UserID?
    package var wantsStats: Bool
    /// Whether to write NDJSON on a terminal too.
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        workspace = try parsed.required("--workspace") { WorkspaceID($0) }
        start = try parsed.optional("--after", read: Self.start) ?? .now
        filter = try parsed.optional("--types") { TypeFilter($0) }
        user = try parsed.optional("--user") { UserID($0) }
        wantsStats = parsed.contains("--stats")
        isJSON = parsed.contains("--json")
    }

    private static func start(_ text: String) -> Start? {
        if let position = StreamPosition(text) { return .after(position) }
        return Int64(text).flatMap { $0 >= 0 ? .afterSequence($0) : nil }
    }
}

/// `tideline send`.
package struct SendOptions: Sendable, Equatable {
    package enum Payload: Sendable, Equatable {
        /// An object as it was given.
        case text(String)
        case standardInput
    }

    package var configuration: ConfigurationOptions
    package var workspace: WorkspaceID
    package var type: EventType
    package var payload: Payload
    package var user: UserID?
    package var session: SessionID?
    /// nil: one is made.
    package var eventID: EventID?
    package var occurredAt: Milliseconds?
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        workspace = try parsed.required("--workspace") { WorkspaceID($0) }
        guard let type = EventType(parsed.positionals[0]) else {
            throw parsed.error("TYPE is lower-case words joined by dots, at most 64 bytes, such as message.sent")
        }
        self.type = type
        payload = try Self.payload(parsed)
        user = try parsed.optional("--user") { UserID($0) }
        session = try parsed.optional("--session") { SessionID($0) }
        eventID = try parsed.optional("--event-id") { EventID($0) }
        occurredAt = try parsed.optional("--occurred-at") { Timestamp.parse($0) }
        isJSON = parsed.contains("--json")
    }

    private static func payload(_ parsed: ParsedArguments) throws(UsageError) -> Payload {
        guard parsed.positionals.count > 1 else { return .text("{}") }
        let text = parsed.positionals[1]
        if text == "-" { return .standardInput }
        if let problem = EventPayload.problem(in: Array(text.utf8)) {
            throw parsed.error("JSON: \(problem); quote it for the shell: '{\"n\": 1}'")
        }
        return .text(text)
    }
}

/// What is sent as an event's data.
enum EventPayload {
    /// Why `bytes` are no JSON object; nil when they are one. Size and depth are the server's to judge.
    static func problem(in bytes: [UInt8]) -> String? {
        do throws(JSONError) {
            let kind = try JSONDocument(scanning: bytes, limits: .stored).root.kind
            return kind == .object ? nil : "expected an object { … }"
        } catch {
            switch error.reason {
            case .unexpectedEnd: return "it ends too early"
            case .duplicateKey: return "a key stands twice (byte \(error.offset + 1))"
            case .trailingContent: return "something follows the object (byte \(error.offset + 1))"
            case .unexpectedByte, .invalidNumber, .invalidEscape, .controlByte, .invalidUTF8, .loneSurrogate,
                .tooDeep, .tooLarge:
                return "it is malformed at byte \(error.offset + 1)"
            }
        }
    }
}

/// `tideline connections list`.
package struct ConnectionsListOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    package var workspace: WorkspaceID
    /// nil: everyone's.
    package var user: UserID?
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        workspace = try parsed.required("--workspace") { WorkspaceID($0) }
        user = try parsed.optional("--user") { UserID($0) }
        isJSON = parsed.contains("--json")
    }
}

/// `tideline connections close`.
package struct ConnectionsCloseOptions: Sendable, Equatable {
    package enum Target: Sendable, Equatable {
        /// A `connectionId`.
        case one(String)
        case user(UserID)
        case all
    }

    package var configuration: ConfigurationOptions
    package var workspace: WorkspaceID
    package var target: Target
    /// nil: as the server does by itself.
    package var hold: Duration?
    package var isFinal: Bool
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        workspace = try parsed.required("--workspace") { WorkspaceID($0) }
        let user: UserID? = try parsed.optional("--user") { UserID($0) }
        let targets =
            parsed.positionals.map { Target.one($0) } + (user.map { [.user($0)] } ?? [])
            + (parsed.contains("--all") ? [.all] : [])
        guard targets.count == 1 else { throw parsed.error("say which to close: one of ID, --user U and --all") }
        target = targets[0]
        hold = try parsed.value("--hold").map { (text) throws(UsageError) in
            guard let hold = DurationText.parse(text), hold <= .seconds(86_400) else {
                throw parsed.error("--hold is a duration of up to 24h, such as 10m")
            }
            return hold
        }
        isFinal = parsed.contains("--final")
        isJSON = parsed.contains("--json")
    }
}
