import Events
import Glibc
import HTTPProtocol
import Telemetry

/// `tideline send`: one event, stored once however often the request has to be repeated.
struct SendCommand {
    /// How long it tries.
    static let patience = Duration.seconds(30)

    let client: ControlClient
    /// Waits; replaced by tests.
    var pause: (Duration) -> Void = { TidelineService.pause($0) }
    /// Told once why there is a wait.
    var explain: (String) -> Void = { _ in }

    static func run(_ options: SendOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let configuration = try context.configuration(options.configuration)
        let data = try payload(options.payload, configuration)
        let client = try ControlClient.ofRunningServer(configuration)
        // Looked up first: the local operator's request would create what a typing mistake names.
        let workspace = try client.workspace(named: options.workspace.text)
        var random = SystemRandomNumberGenerator()
        let eventID = options.eventID ?? .make(now: WallClock.milliseconds(), using: &random)
        let command = SendCommand(client: client, explain: { context.console.say("tideline: \($0)") })
        let reply = try command.post(event(options, eventID, data), to: workspace)
        try print(reply, options, context.console)
        return 0
    }

    static func event(_ options: SendOptions, _ eventID: EventID, _ data: [UInt8]) -> [UInt8] {
        var body = JSONLine()
        body.add("eventType", options.type.text)
        body.add("eventId", eventID.text)
        if let user = options.user { body.add("userId", user.text) }
        if let session = options.session { body.add("sessionId", session.text) }
        if let time = options.occurredAt { body.add("occurredAt", Timestamp.format(time)) }
        body.add("eventData", raw: data)
        return body.bytes
    }

    private static func payload(
        _ payload: SendOptions.Payload, _ configuration: ServiceConfiguration
    ) throws(CommandFailure) -> [UInt8] {
        guard case .standardInput = payload else {
            if case .text(let text) = payload { return Array(text.utf8) }
            return []
        }
        let bytes = try PlainFile.readAll(STDIN_FILENO, maximumBytes: configuration.limits.bodyBytes)
        if let problem = EventPayload.problem(in: bytes) {
            throw CommandFailure("standard input is no event data: \(problem)")
        }
        return bytes
    }

    /// Posts `event` until it is answered for good.
    func post(_ event: [UInt8], to workspace: WorkspaceSummary) throws(CommandFailure) -> HTTPReply {
        let request = ClientRequest(
            "POST", "/api/workspaces/\(PercentCoding.encode(workspace.id))/analytics/realtime",
            mediaType: "application/json", body: event, isRepeatable: true)
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        var waited = Duration.zero
        while true {
            let (wait, why): (Duration, String)
            switch exchange(request) {
            case .success(let reply):
                if reply.isSuccess { return reply }
                guard reply.status == 503 || reply.status == 429 else { throw CommandFailure(reply) }
                (wait, why) = (reply.retryAfter ?? backoff.next(using: &random), CommandFailure(reply).message)
            case .failure(let failure): (wait, why) = (backoff.next(using: &random), failure.description)
            }
            guard waited + wait <= Self.patience else { throw CommandFailure("\(why); gave up after 30 s") }
            if waited == .zero { explain("\(why); trying again") }
            pause(wait)
            waited += wait
        }
    }

    private func exchange(_ request: ClientRequest) -> Result<HTTPReply, ClientFailure> {
        do throws(ClientFailure) {
            return .success(try client.http.exchange(request))
        } catch {
            return .failure(error)
        }
    }

    static func print(_ reply: HTTPReply, _ options: SendOptions, _ console: Console) throws(CommandFailure) {
        if options.isJSON { return try console.write(reply.body + [UInt8(ascii: "\n")]) }
        guard let answer = try? JSONDocument(scanning: reply.body, limits: .stored).root,
            let id = answer["id"]?.string
        else { throw CommandFailure("the server's answer is not understood; is it of another version?") }
        if answer["duplicate"]?.bool == true {
            console.say("tideline: this event was stored before; its id is the same")
        }
        try console.write(line: id)
    }
}
