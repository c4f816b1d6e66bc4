import Events
import ServerSentEvents

/// Follows one stream through every end of a connection, from the last event that was written.
///
/// The position moves with what is written, so that a connection that breaks anywhere is resumed without gap or duplicate.
struct TailFollower {
    private let workspace: String
    /// Whose events; nil: everyone's.
    private let user: UserID?
    private let output: TailOutput
    private let open: (_ position: String?) throws(ClientFailure) -> BlockingEventStream
    /// Waits; replaced by tests.
    var pause: (Duration) throws(CommandFailure) -> Void = { TidelineService.pause($0) }
    private var position: String?
    private var backoff = Backoff()
    private var random = SystemRandomNumberGenerator()
    /// The server is away, and that was said.
    private var isLost = false
    /// What `closing` asked for on the present connection.
    private var retry: Duration?

    init(
        workspace: String, user: UserID?, output: TailOutput, position: String?,
        open: @escaping (_ position: String?) throws(ClientFailure) -> BlockingEventStream
    ) {
        self.workspace = workspace
        self.user = user
        self.output = output
        self.position = position
        self.open = open
    }

    /// Never returns: ends by what it throws, ``CommandFailure/outputClosed`` when nobody reads any more.
    mutating func run() throws(CommandFailure) -> Never {
        while true { try pause(try follow()) }
    }

    /// One connection, from its opening to its end.
    /// - Returns: how long to wait before the next.
    private mutating func follow() throws(CommandFailure) -> Duration {
        retry = nil
        let stream: BlockingEventStream
        do throws(ClientFailure) {
            stream = try open(position)
        } catch {
            return lost(error.description)
        }
        guard stream.reply.status == 200 else { return try refused(stream.reply) }
        while true {
            let events: [ServerSentEvent]?
            do throws(ClientFailure) {
                events = try stream.next()
            } catch {
                return retry ?? lost(error.description)
            }
            guard let events else { return retry ?? lost("the server ended the stream") }
            try write(events, stream)
            position = stream.lastEventID ?? position
        }
    }

    // MARK: What comes

    private mutating func write(
        _ events: [ServerSentEvent], _ stream: BlockingEventStream
    ) throws(CommandFailure) {
        var lines: [UInt8] = []
        for event in events {
            switch event.type {
            case "event": lines += output.line(event: event.data, of: user)
            case "stats": lines += output.line(stats: event.data)
            case "connected": connected(event.data, stream)
            case "reset": output.say(Self.explain(reset: event.data, workspace))
            case "closing": closing(event.data)
            default: break
            }
        }
        try output.write(lines)
    }

    private mutating func connected(_ data: String, _ stream: BlockingEventStream) {
        if let heartbeat = Self.members(data)?["heartbeat"]?.integer {
            stream.patience = max(.milliseconds(heartbeat) * 5 / 2, .seconds(5))
        }
        backoff.reset()
        if isLost { output.say("connected again") }
        isLost = false
    }

    private mutating func closing(_ data: String) {
        let members = Self.members(data)
        let wait = Duration.milliseconds(members?["retryMs"]?.integer ?? 1000)
        retry = wait
        let seconds = Double(wait.milliseconds / 100) / 10
        output.say("closing (\(members?["reason"]?.string ?? "no reason")); coming back in \(seconds) s")
    }

    /// What a reset means for whoever reads the output.
    private static func explain(reset data: String, _ workspace: String) -> String {
        let members = members(data)
        let next = members?["next"]?.string.flatMap { StreamPosition($0) }
        let head = members?["head"]?.string.flatMap { StreamPosition($0) }
        let (from, to) = (next?.sequence ?? 0, head?.sequence ?? 0)
        let command = "tideline export --workspace \(workspace) --from \(from + 1)"
        switch members?["reason"]?.string {
        case "too_far": return "reset (too_far): events \(from + 1) to \(to) are not shown; read them by: \(command)"
        case "pruned": return "reset (pruned): older events have left the log; what is left of it: \(command)"
        case "epoch": return "reset (epoch): the log is another one now, continuing at its event \(to)"
        case "ahead": return "reset (ahead): the log has only \(to) events yet; continuing there"
        case let reason: return "reset (\(reason ?? "no reason")); continuing at event \(to)"
        }
    }

    private static func members(_ data: String) -> JSONValue? {
        // What is no JSON says nothing that we could tell.
        try? JSONDocument(scanning: Array(data.utf8), limits: .stored).root
    }

    // MARK: Ends

    private mutating func refused(_ reply: HTTPReply) throws(CommandFailure) -> Duration {
        switch reply.status {
        case 204: throw CommandFailure("an administrator closed this stream for good")
        case 404: throw .noWorkspace(workspace)
        case 429, 500...599:
            let wait = reply.retryAfter ?? backoff.next(using: &random)
            if !isLost { output.say("the server answers \(reply.status) for the time being; trying again") }
            isLost = true
            return wait
        default: throw CommandFailure(reply)
        }
    }

    private mutating func lost(_ why: String) -> Duration {
        if !isLost { output.say("connection lost (\(why)); trying again") }
        isLost = true
        return backoff.next(using: &random)
    }
}
