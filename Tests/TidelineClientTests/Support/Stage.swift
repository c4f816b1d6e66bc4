import Foundation
import ServerSentEvents
import Synchronization
import TidelineClient

/// A feed machine, its time, and the world it thinks it is in: tokens come at once, cancelled transfers end at once, unless a
/// test says otherwise.
struct Stage {
    private(set) var machine: FeedMachine
    private(set) var now = Duration.zero
    private(set) var requests: [TransportRequest] = []
    private(set) var refreshes: [String?] = []
    private(set) var delivered: [Delivery] = []
    private(set) var states: [FeedState] = []
    private(set) var finished: [AnalyticsError?] = []
    /// Transfers that have begun and not ended.
    private(set) var open: [Int] = []
    private(set) var cancelled: [Int] = []
    var givesTokens = true
    var endsCancelled = true
    private var pendingToken: Int?

    /// - Parameter chance: what every draw gives.
    init(
        chance: Double = 0.5, _ configure: (inout ClientConfiguration, inout FeedOptions) -> Void = { _, _ in }
    ) throws {
        guard let url = URL(string: "http://gate.test/base/") else { throw CancellationError() }
        var configuration = ClientConfiguration(server: url) { _ in "unused" }
        configuration.random = { chance }
        var options = FeedOptions()
        configure(&configuration, &options)
        machine = FeedMachine(FeedSettings(configuration, options, workspace: "acme"))
    }

    /// A stage whose stream has been asked for.
    static func connecting(
        chance: Double = 0.5, _ configure: (inout ClientConfiguration, inout FeedOptions) -> Void = { _, _ in }
    ) throws -> Stage {
        var stage = try Stage(chance: chance, configure)
        stage.send(.begin(position: stage.machine.position))
        return stage
    }

    /// A stage whose stream is open.
    static func open(
        chance: Double = 0.5, _ configure: (inout ClientConfiguration, inout FeedOptions) -> Void = { _, _ in }
    ) throws -> Stage {
        var stage = try connecting(chance: chance, configure)
        stage.stream(Wire.connected(id: "e-1"))
        return stage
    }

    var state: FeedState { machine.state }
    var position: String { machine.position }
    /// The events delivered so far, decoded.
    var events: [AnalyticsEvent] {
        delivered.compactMap { delivery in
            switch delivery {
            case .block(let event): Wire.decoded(event)
            case .event(let event, _, _): event
            case .position, .state: nil
            }
        }
    }
    var lastRequest: TransportRequest? { requests.last }

    mutating func send(_ input: FeedMachine.Input) {
        for action in machine.receive(input, at: now) { perform(action) }
    }

    /// The current transfer brings something.
    mutating func receive(_ event: TransportEvent) {
        guard let attempt = open.last else { return }
        if case .ended = event { open.removeAll { $0 == attempt } }
        send(.transport(attempt: attempt, event))
    }

    mutating func answer(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") {
        receive(.response(TransportHead(status: status, headers: headers)))
        if !body.isEmpty { receive(.bytes(Array(body.utf8))) }
        receive(.ended(nil))
    }

    /// Head and first bytes of a stream.
    mutating func stream(_ text: String) {
        receive(.response(TransportHead(status: 200, headers: Wire.eventStream)))
        receive(.bytes(Array(text.utf8)))
    }

    mutating func bytes(_ text: String) { receive(.bytes(Array(text.utf8))) }
    mutating func end(_ error: (any Error)? = nil) { receive(.ended(error)) }

    /// Time goes by; every deadline on the way is met.
    mutating func pass(_ duration: Duration) {
        let end = now + duration
        while let deadline = machine.nextDeadline, deadline <= end {
            now = max(now, deadline)
            send(.tick)
        }
        now = end
    }

    mutating func giveToken(_ token: String?) {
        guard let attempt = pendingToken else { return }
        pendingToken = nil
        send(.authorized(attempt: attempt, token: token))
    }

    mutating func refuseToken(_ error: any Error) {
        guard let attempt = pendingToken else { return }
        pendingToken = nil
        send(.notAuthorized(attempt: attempt, error))
    }

    mutating func reportEnd(of attempt: Int) {
        open.removeAll { $0 == attempt }
        send(.transport(attempt: attempt, .ended(nil)))
    }

    private mutating func perform(_ action: FeedMachine.Action) {
        switch action {
        case .authorize(let attempt, let rejected):
            refreshes.append(rejected)
            pendingToken = attempt
            if givesTokens { giveToken("t\(refreshes.count)") }
        case .start(let attempt, let request):
            requests.append(request)
            open.append(attempt)
        case .cancel(let attempt):
            cancelled.append(attempt)
            if endsCancelled { reportEnd(of: attempt) }
        case .deliver(let delivery): delivered.append(delivery)
        case .enter(let state): states.append(state)
        case .finish(let error): finished.append(error)
        case .log: break
        }
    }
}

/// What servers say.
enum Wire {
    static let eventStream = ["Content-Type": "text/event-stream; charset=utf-8"]
    static let json = ["Content-Type": "application/json"]

    static func connected(id: String? = nil, retry: Int? = nil, heartbeat: Int = 30_000) -> String {
        (retry.map { "retry: \($0)\n\n" } ?? "") + "event: connected\n" + (id.map { "id: \($0)\n" } ?? "")
            + #"data: {"connectionId":"c","workspaceId":"acme","timestamp":"2026-01-31T12:00:00.000Z","heartbeat":\#(heartbeat)}"#
            + "\n\n"
    }

    static func event(_ number: Int, _ data: String = "{}") -> String {
        "id: e-\(number)\nevent: event\ndata: \(envelope(number, data))\n\n"
    }

    static func envelope(_ number: Int, _ data: String = "{}") -> String {
        #"{"eventId":"m-\#(number)","workspaceId":"acme","seq":\#(number),"id":"e-\#(number)","eventType":"test.tick","userId":"ana","timestamp":"2026-01-31T12:00:00.000Z","occurredAt":"2026-01-31T12:00:00.000Z","receivedAt":"2026-01-31T12:00:00.007Z","eventData":\#(data)}"#
    }

    static let figures =
        #"{"activeUsers":1,"onlineUsers":2,"activeSessions":3,"messagesLastHour":4,"messagesToday":5,"activeChannels":6,"activeOrchestrators":7,"tasksInProgress":8,"eventCounts":{"a.b":9},"timestamp":"2026-01-31T12:00:00.000Z","asOf":10}"#
    static let stats = "event: stats\ndata: \(figures)\n\n"
    static let ping = "event: ping\ndata: {\"timestamp\":1795228799123}\n\n"

    static func closing(_ reason: String, _ milliseconds: Int) -> String {
        "retry: \(milliseconds)\n\nevent: closing\ndata: {\"reason\":\"\(reason)\",\"retryMs\":\(milliseconds)}\n\n"
    }

    static func reset(head: Int) -> String {
        "event: reset\nid: e-\(head)\ndata: {\"reason\":\"too_far\",\"head\":\"e-\(head)\",\"next\":\"e-3\"}\n\n"
    }

    static func snapshot(head: Int) -> String {
        #"{"data":\#(figures),"meta":{"workspaceId":"acme","mode":"snapshot","connections":0,"lastEventId":"e-\#(head)"}}"#
    }

    static func page(_ numbers: [Int], next: Int, head: Int) -> String {
        let events = numbers.map { envelope($0) }.joined(separator: ",")
        return #"{"events":[\#(events)],"next":"e-\#(next)","head":"e-\#(head)","floor":"e-0"}"#
    }

    static func decoded(_ event: ServerSentEvent) -> AnalyticsEvent { AnalyticsEvent(event) }
}

extension AnalyticsEvent {
    /// In short: the type, and for an event of the log its number.
    var brief: String {
        switch self {
        case .connected: "connected"
        case .stats: "stats"
        case .event(let event): "\(event.sequence)"
        case .ping: "ping"
        case .closing(let closing): "closing \(closing.reason)"
        case .reset(let reset): "reset \(reset.reason)"
        case .unknown(let event): "unknown \(event.type)"
        }
    }
}

extension FeedState {
    /// The delay of a feed that waits; nil for every other.
    var delay: Duration? { if case .waiting(_, let delay, _) = self { delay } else { nil } }
    var attempt: Int? { if case .waiting(let attempt, _, _) = self { attempt } else { nil } }
    /// The failure it waits for or was closed by.
    var failure: AnalyticsError? {
        switch self {
        case .waiting(_, _, .failure(let error)), .closed(.failure(let error)): error
        default: nil
        }
    }
}

struct Broken: Error, Equatable {}
