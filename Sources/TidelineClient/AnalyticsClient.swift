// The client of a Tideline server.
//
// Reading order: `AnalyticsClient` is the door. `Feed/EventFeed` is what one iterates over: a thin shell of threads, timers
// and tasks around `Feed/FeedMachine`, which makes all decisions and does nothing. `Transport/` is the way to the network,
// `Tracking/` posts events, `Model/` is what is delivered. `RealtimeAnalytics` and `PollingClient` are for those who prefer
// callbacks.

import Foundation
import Synchronization

/// Follows and feeds the live analytics of a server's workspaces.
///
/// ```swift
/// let client = AnalyticsClient(ClientConfiguration(server: url) { _ in token })
/// for try await event in client.events(workspace: "acme") {
///     if case .stats(let stats) = event { print(stats.onlineUsers) }
/// }
/// ```
/// One client serves any number of feeds; they share its tokens and its transport.
public final class AnalyticsClient: Sendable {
    private let services: ClientServices
    private let feeds = Mutex<[WeakFeed]>([])

    /// Connects to nothing yet.
    public init(_ configuration: ClientConfiguration) { services = ClientServices(configuration) }

    /// The events of a workspace, by its id or slug. They come when somebody iterates.
    public func events(workspace: String, _ options: FeedOptions = FeedOptions()) -> EventFeed {
        let feed = EventFeed(services, workspace: workspace, options)
        feeds.withLock { feeds in
            feeds.removeAll { $0.feed == nil }
            feeds.append(WeakFeed(feed: feed))
        }
        if services.tracker.isClosed { feed.close() }
        return feed
    }

    /// Appends one event to a workspace and returns when it is durable there.
    ///
    /// Failures that may pass (transport errors, 408, 425, 429, 5xx) are retried with growing delays under one idempotency key,
    /// so the event is stored once however often it is sent.
    /// - Parameters:
    ///   - type: such as `task.created`; at least two words with a dot between, at most 64 bytes.
    ///   - data: the payload, an object of at most 64 KiB.
    ///   - sessionID: ``ClientConfiguration/sessionID`` unless given.
    ///   - idempotencyKey: yours, to be able to try again after a crash; a random one unless given.
    /// - Throws: ``AnalyticsError``: `refused` and `unauthorized` with the server's answer, the last failure when all attempts
    ///   failed, `closed` when the client was closed or the task cancelled first.
    @discardableResult
    public func trackEvent(
        _ type: String, _ data: JSONValue = [:], workspace: String, sessionID: String? = nil,
        idempotencyKey: String? = nil
    ) async throws(AnalyticsError) -> TrackedEvent {
        try await services.tracker.track(type, data, workspace: workspace, sessionID: sessionID, key: idempotencyKey)
    }

    /// Closes all feeds at once, gives tracked events that are under way one more chance and up to
    /// ``ClientConfiguration/flushTimeout``, and returns when nothing is left. Nothing is delivered and nothing is sent after it.
    public func close() async {
        services.tracker.beginClosing()
        for feed in feeds.withLock({ $0 }) { feed.feed?.close() }
        await services.tracker.finish(within: services.configuration.flushTimeout)
    }

    private struct WeakFeed: Sendable {
        weak let feed: EventFeed?
    }
}

/// What a client's feeds and requests share.
final class ClientServices: Sendable {
    let configuration: ClientConfiguration
    let clock: ClientClock
    let transport: any StreamTransport
    let tokens: TokenDesk
    let tracker: EventTracker

    init(_ configuration: ClientConfiguration) {
        self.configuration = configuration
        clock = ClientClock(configuration.clock)
        transport = configuration.transport ?? URLSessionTransport()
        tokens = TokenDesk(configuration.token, clock)
        tracker = EventTracker(configuration, clock, transport, tokens)
    }
}
