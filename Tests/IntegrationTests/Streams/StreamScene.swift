import Foundation
import ServerSentEvents

/// One server, one workspace and the people in it: what tests of streams begin with.
///
/// ```swift
/// let scene = try await StreamScene.start(["TIDELINE_STREAMS_HEARTBEAT": "1s"], people: ["ana", "bo"])
/// let stream = try await scene.stream("ana")
/// try await scene.post("test.tick", ["n": 1], as: "bo")
/// ```
struct StreamScene: Sendable {
    let server: ServerProcess
    let workspace: String

    /// The administrator of every scene.
    static let admin = "root"

    /// - Parameters:
    ///   - environment: settings beside the harness's own.
    ///   - people: join the workspace now, so that no stream sees them do it later.
    static func start(
        _ environment: [String: String] = [:], workspace: String = "harbor", people: [String] = ["ana", "bo"]
    ) async throws -> StreamScene {
        let server = try await ServerProcess.start(environment)
        let scene = StreamScene(server: server, workspace: workspace)
        try await scene.join([admin] + people)
        return scene
    }

    /// Lets people into the workspace for the first time.
    func join(_ people: [String]) async throws {
        for person in people {
            let reply = try await client(person).get(path, ["Accept": "application/json"])
            guard reply.status == 200 else {
                throw WaitError(description: "\(person) was not let in: \(reply.status) \(reply.text)")
            }
        }
    }

    /// The same workspace on another process.
    func on(_ server: ServerProcess) -> StreamScene { StreamScene(server: server, workspace: workspace) }

    /// `/api/workspaces/harbor/analytics/realtime`
    var path: String { ServerProcess.realtime(workspace) }
    /// `/api/workspaces/harbor/events`
    var logPath: String { "/api/workspaces/\(workspace)/events" }

    // MARK: People

    func token(_ user: String, ttl: Duration = .seconds(3_600)) -> String {
        server.token(user: user, workspaces: [workspace: user == Self.admin ? "admin" : "member"], ttl: ttl)
    }

    /// A connection of its own; one at a time may use it.
    func client(_ user: String) -> HTTPTestClient { server.client(token: token(user)) }

    func stream(
        _ user: String, query: String = "", lastEventID: String? = nil, headers: [String: String] = [:],
        receiveBuffer: Int? = nil, isReading: Bool = true
    ) async throws -> StreamReader {
        try await server.stream(
            workspace, token: token(user), query: query, lastEventID: lastEventID, headers: headers,
            receiveBuffer: receiveBuffer, isReading: isReading)
    }

    /// `count` streams of one user, each of which has said `connected`.
    func streams(_ count: Int, _ user: String, query: String = "") async throws -> [StreamReader] {
        var streams: [StreamReader] = []
        for _ in 0..<count { streams.append(try await stream(user, query: query)) }
        for stream in streams { _ = try await stream.next("connected") }
        return streams
    }

    // MARK: Events

    /// Posts one event and gives the answer, which must be 200.
    @discardableResult
    func post(_ type: String, _ data: TestJSON = [:], as user: String = admin) async throws -> TestJSON {
        try await post(["eventType": .string(type), "eventData": data], by: client(user))
    }

    @discardableResult
    func post(_ body: TestJSON, by client: HTTPTestClient) async throws -> TestJSON {
        let reply = try await client.post(path, body)
        guard reply.status == 200 else { throw WaitError(description: "POST \(reply.status): \(reply.text)") }
        return try reply.json
    }

    /// Posts the ticks of `numbers` as one batch, padded to about `bytes` each.
    /// - Returns: their ids.
    @discardableResult
    func postTicks(_ numbers: ClosedRange<Int>, bytes: Int = 0, as user: String = admin) async throws -> [String] {
        let items = numbers.map { Self.tick($0, bytes: bytes) }
        let reply = try await client(user).post(logPath, .array(items))
        let ids = try reply.json["items"].array.compactMap { $0["id"].string }
        guard ids.count == items.count else { throw WaitError(description: "batch \(reply.status): \(reply.text)") }
        return ids
    }

    static func tick(_ number: Int, bytes: Int = 0) -> TestJSON {
        let padding = String(repeating: "x", count: bytes)
        return ["eventType": "test.tick", "eventData": ["n": .integer(Int64(number)), "padding": .string(padding)]]
    }

    /// The id of the last committed event.
    func head(as user: String = admin) async throws -> String {
        try await snapshot(as: user)["meta"]["lastEventId"].string ?? ""
    }

    func snapshot(as user: String = admin) async throws -> TestJSON {
        try await client(user).get(path, ["Accept": "application/json"]).json
    }

    /// All events of the log that `user` may see, page by page.
    func log(as user: String = admin, after: String? = nil) async throws -> [TestJSON] {
        let client = client(user)
        var events: [TestJSON] = []
        var position = after
        while true {
            let query = "?limit=1000" + (position.map { "&after=\($0)" } ?? "")
            let page = try await client.get(logPath + query).json
            events += page["events"].array
            guard let next = page["next"].string, next != position, next != page["head"].string else { return events }
            position = next
        }
    }
}

extension ServerSentEvent {
    /// The number `n` in the payload of an event of the log. Found by its name near the start, since reading thousands of
    /// events as JSON would take most of a test's time.
    fileprivate var tick: Int? {
        guard type == "event" else { return nil }
        let start = Array(data.utf8.prefix(800))
        guard let end = start.end(of: Array(#""n":"#.utf8)) else { return nil }
        return Int(String(decoding: start[end...].prefix { (0x30...0x39).contains($0) }, as: UTF8.self))
    }
}

extension StreamReader {
    /// The events of the log it has brought so far: the `event`s among its events.
    var logged: [ServerSentEvent] { events.filter { $0.type == "event" } }

    /// The numbers of the ticks it has brought so far.
    var ticks: [Int] { events.compactMap(\.tick) }

    /// Waits for tick `number`.
    /// - Returns: the numbers of all ticks so far.
    @discardableResult
    func ticks(through number: Int, within limit: Duration = .seconds(20)) async throws -> [Int] {
        if !ticks.contains(number) {
            _ = try await next(within: limit) { $0.tick == number }
        }
        return ticks
    }

    /// Waits for `closing` and the clean end behind it.
    /// - Returns: the data of `closing`.
    func closing(within limit: Duration = .seconds(20)) async throws -> TestJSON {
        let closing = try await next("closing", within: limit)
        let end = try await waitEnd(within: limit)
        guard end == .clean else { throw WaitError(description: "closing was followed by \(end)") }
        return closing.json
    }
}
