import Events
import Networking
import Telemetry

/// Where the demo posts to, and what it needs for it.
struct DemoPost: Sendable {
    let address: SocketAddress
    let control: SocketAddress
    let log: Log
    let rest: InterruptibleRest
    let token: @Sendable () -> String

    static let timeout = Duration.seconds(10)

    func client() -> BlockingHTTPClient { BlockingHTTPClient(address, bearer: token(), timeout: Self.timeout) }
}

/// Posts the demo's events and tries again until they are taken; confined to the player's thread.
///
/// Every event has an `eventId`, so that one whose answer was lost is not told twice. Each method gives up only when the
/// player is stopped, and says so.
struct DemoSender {
    private static let batchEvents = 1000
    /// The first wait after a failure; doubled up to ``longestWait``.
    private static let shortestWait = Duration.milliseconds(500)
    private static let longestWait = Duration.seconds(30)

    /// Events the server has taken.
    private(set) var accepted = 0
    private let post: DemoPost
    private var client: BlockingHTTPClient
    /// Numbers the events of this run.
    private var made = 0
    private var wait = shortestWait
    private var isFailing = false

    init(_ post: DemoPost) {
        self.post = post
        client = post.client()
    }

    /// Makes the demo's workspace unless there is one.
    /// - Returns: whether it is new; nil when stopped.
    mutating func makeWorkspace() -> Bool? {
        let slug = WorkspaceID(validated: DemoScenario.workspace)
        while true {
            do throws(CommandFailure) {
                let control = ControlClient(http: BlockingHTTPClient(post.control, timeout: DemoPost.timeout))
                let made = try control.createWorkspace(slug: slug, timeZone: DemoScenario.timeZone, name: nil)
                succeed()
                return made != nil
            } catch {
                if fail(error.message, after: nil) { return nil }
            }
        }
    }

    /// Posts `events` in batches, in order.
    /// - Returns: false when stopped.
    mutating func send(batch events: [DemoEvent], run: String) -> Bool {
        var rest = events[...]
        while !rest.isEmpty {
            let bodies = rest.prefix(Self.batchEvents).map { identified($0, run: run) }
            rest = rest.dropFirst(Self.batchEvents)
            let request = ClientRequest(
                "POST", ControlClient.eventsPath(DemoScenario.workspace), mediaType: "application/x-ndjson",
                body: Array(bodies.joined(separator: [UInt8(ascii: "\n")])), isRepeatable: true)
            guard let reply = deliver(request) else { return false }
            note(reply, count: bodies.count)
        }
        return true
    }

    /// Posts one event that happens now.
    /// - Returns: false when stopped.
    mutating func send(_ event: DemoEvent, run: String) -> Bool {
        let request = ClientRequest(
            "POST", "/api/workspaces/\(DemoScenario.workspace)/analytics/realtime", mediaType: "application/json",
            body: identified(event, run: run), isRepeatable: true)
        guard let reply = deliver(request) else { return false }
        if reply.isSuccess { accepted += 1 } else { warn(CommandFailure(reply).message) }
        return true
    }

    // MARK: Delivery

    /// Sends until the server gives a final answer.
    /// - Returns: nil when stopped.
    private mutating func deliver(_ request: ClientRequest) -> HTTPReply? {
        while true {
            do throws(ClientFailure) {
                let reply = try client.exchange(request)
                guard Self.mayPass(reply.status) else {
                    succeed()
                    return reply
                }
                if reply.status == 401 { client = post.client() }
                if fail(CommandFailure(reply).message, after: reply.retryAfter) { return nil }
            } catch {
                client.close()
                if fail(error.description, after: nil) { return nil }
            }
        }
    }

    /// Whether the same request may succeed later: the server is busy, or wants a new token.
    private static func mayPass(_ status: Int) -> Bool { status == 401 || status == 429 || status >= 500 }

    private mutating func succeed() {
        if isFailing { post.log.info("demo goes on") }
        isFailing = false
        wait = Self.shortestWait
    }

    /// Waits before the next attempt; a row of failures is logged once.
    /// - Returns: whether the player was stopped.
    private mutating func fail(_ reason: String, after delay: Duration?) -> Bool {
        if !isFailing { warn(reason) }
        isFailing = true
        defer { wait = min(wait * 2, Self.longestWait) }
        return post.rest.sleep(max(wait, min(delay ?? .zero, Self.longestWait)))
    }

    private func warn(_ reason: String) { post.log.warning("demo was refused", ["demo.reason": .string(reason)]) }

    private mutating func note(_ reply: HTTPReply, count: Int) {
        let lines = (1...count).map { ImportWindow.Line(number: $0, isExported: false) }
        guard let verdict = BatchVerdict(reply, lines: lines) else { return warn(CommandFailure(reply).message) }
        accepted += verdict.accepted
        if let first = verdict.refusals.first {
            post.log.warning(
                "demo was refused",
                [
                    "demo.reason": .string("\(first.code): \(first.detail)"),
                    "demo.events": .integer(verdict.refusals.count),
                ])
        }
    }

    /// The event with an `eventId`; those of the opening bring their own.
    private mutating func identified(_ event: DemoEvent, run: String) -> [UInt8] {
        var hasIdentifier = false
        _ = JSONSkimmer.members(of: event.body.span) { key, _ in
            if event.body[key].elementsEqual("eventId".utf8) { hasIdentifier = true }
        }
        guard !hasIdentifier else { return event.body }
        made += 1
        return Array("{\"eventId\":\"demo-\(run)-\(made)\",".utf8) + event.body.dropFirst()
    }
}
