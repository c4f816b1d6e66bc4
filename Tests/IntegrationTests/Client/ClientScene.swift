import Foundation
import TidelineClient

/// A client of a scene's server, and what it has seen so far.
struct ClientScene: Sendable {
    let scene: StreamScene
    let client: AnalyticsClient
    /// What its log hook was told.
    let log: Journal<LogEntry>

    /// - Parameters:
    ///   - port: of a proxy in front of the server.
    ///   - token: in place of one that is valid for an hour.
    init(
        _ scene: StreamScene, user: String = "ana", port: Int? = nil,
        _ configure: (inout ClientConfiguration) -> Void = { _ in }, token: TokenProvider? = nil
    ) throws {
        self.scene = scene
        guard let url = URL(string: "http://\(scene.server.host):\(port ?? scene.server.port)") else {
            throw WaitError(description: "no address")
        }
        let valid = scene.token(user)
        let log = Journal<LogEntry>(of: "log entry")
        var configuration = ClientConfiguration(server: url, token: token ?? { _ in valid })
        configuration.log = { log.append($0) }
        configure(&configuration)
        self.log = log
        client = AnalyticsClient(configuration)
    }

    func feed(_ configure: (inout FeedOptions) -> Void = { _ in }) -> EventFeed {
        var options = FeedOptions()
        options.reconnectDelay = .milliseconds(200)
        configure(&options)
        return client.events(workspace: scene.workspace, options)
    }
}

/// Reads a feed in the background.
final class FeedReader: Sendable {
    let feed: EventFeed
    let events = Journal<AnalyticsEvent>(of: "event")
    let states = Journal<FeedState>(of: "state")
    /// How the loop ended; nil is in order.
    let ends = Journal<AnalyticsError?>(of: "end of the loop")
    private let tasks: [Task<Void, Never>]

    init(_ feed: EventFeed) {
        self.feed = feed
        let (events, states, ends) = (events, states, ends)
        let changes = feed.states
        tasks = [
            Task {
                for await state in changes { states.append(state) }
                states.finish()
            },
            Task {
                do throws(AnalyticsError) {
                    for try await event in feed { events.append(event) }
                    ends.append(nil)
                } catch {
                    ends.append(error)
                }
                events.finish()
            },
        ]
    }

    deinit { cancel() }

    func cancel() { for task in tasks { task.cancel() } }

    /// Waits for an event of the log that `matches`.
    @discardableResult
    func logged(
        within limit: Duration = .seconds(20), where matches: @escaping @Sendable (LoggedEvent) -> Bool = { _ in true }
    ) async throws -> LoggedEvent {
        let (_, event) = try await events.first(within: limit) { event in
            if case .event(let logged) = event { matches(logged) } else { false }
        }
        guard case .event(let logged) = event else { throw WaitError(description: "no event of the log") }
        return logged
    }

    /// Waits for tick `number`.
    /// - Returns: the numbers of all ticks so far.
    @discardableResult
    func ticks(through number: Int, within limit: Duration = .seconds(20)) async throws -> [Int] {
        try await logged(within: limit) { $0.data["n"].integer == Int64(number) }
        return ticks
    }

    /// The numbers of the ticks so far.
    var ticks: [Int] {
        events.elements.compactMap { event in
            if case .event(let logged) = event { logged.data["n"].integer.map(Int.init) } else { nil }
        }
    }

    /// Waits for a state, from change number `from` on.
    @discardableResult
    func state(
        from: Int = 0, within limit: Duration = .seconds(20), where matches: @escaping @Sendable (FeedState) -> Bool
    ) async throws -> (index: Int, element: FeedState) {
        try await states.first(from: from, within: limit, where: matches)
    }

    /// Waits for the end of the loop.
    func end(within limit: Duration = .seconds(20)) async throws -> AnalyticsError? {
        try await ends.first(within: limit) { _ in true }.element
    }
}

extension FeedState {
    var isWaiting: Bool { if case .waiting = self { true } else { false } }
}
