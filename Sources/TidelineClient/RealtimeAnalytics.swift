import Synchronization

/// What a ``RealtimeAnalytics`` or a ``PollingClient`` is told, and whom it tells. Callbacks are called one at a time, in
/// order, on no particular thread; what comes next waits until they return.
public struct RealtimeOptions: Sendable {
    /// Whether to begin at once; otherwise with ``RealtimeAnalytics/reconnect()``.
    public var enabled = true
    /// What the feed wants, and how it comes back: `autoReconnect`, `maxReconnectAttempts`, `reconnectDelay` and more.
    public var feed = FeedOptions()
    /// The stream is open (polling: the first poll succeeded), also after each interruption.
    public var onConnect: (@Sendable () -> Void)?
    /// It is not any more, and why.
    public var onDisconnect: (@Sendable (FeedState) -> Void)?
    /// Each failure, retried or not.
    public var onError: (@Sendable (AnalyticsError) -> Void)?
    /// New figures.
    public var onStatsUpdate: (@Sendable (LiveStats) -> Void)?
    /// Each event of the log.
    public var onEvent: (@Sendable (LoggedEvent) -> Void)?

    /// Begins at once, tells nobody.
    public init() {}
}

/// The live analytics of one workspace by callbacks, with the newest figures at hand.
///
/// ```swift
/// var options = RealtimeOptions()
/// options.onStatsUpdate = { print($0.onlineUsers) }
/// let live = RealtimeAnalytics(client, workspace: "acme", options)
/// ```
/// It ends with `close()`, or with the last reference to it. All members may be used from any thread.
public final class RealtimeAnalytics: Sendable {
    private struct State {
        var stats: LiveStats?
        var error: AnalyticsError?
        var isConnected = false
        var isClosed = false
        var task: Task<Void, Never>?
    }

    private let feed: EventFeed
    private let options: RealtimeOptions
    /// Whether polls count as being connected.
    private let isPolling: Bool
    private let current = Mutex(State())

    /// Follows `workspace` (id or slug); connects at once unless the options say otherwise.
    public init(_ client: AnalyticsClient, workspace: String, _ options: RealtimeOptions = RealtimeOptions()) {
        self.options = options
        isPolling = options.feed.pollsOnly
        feed = client.events(workspace: workspace, options.feed)
        if options.enabled { reconnect() }
    }

    deinit {
        current.withLock { $0.task }?.cancel()
        feed.close()
    }

    /// The newest figures; nil before the first.
    public var stats: LiveStats? { current.withLock { $0.stats } }
    /// The failure that keeps it from being connected; nil while it is.
    public var error: AnalyticsError? { current.withLock { $0.error } }
    /// Whether the stream is open (polling: whether the last poll succeeded).
    public var isConnected: Bool { current.withLock { $0.isConnected } }
    /// What it is doing.
    public var state: FeedState { feed.state }
    /// The state now, and every change of it; see ``EventFeed/states``.
    public var states: AsyncStream<FeedState> { feed.states }
    /// Where a later one can go on; see ``EventFeed/lastEventID``.
    public var lastEventID: String? {
        get { feed.lastEventID }
        set { feed.lastEventID = newValue }
    }

    /// Drops what is open and connects at once, with all attempts before it; also after it was disconnected or gave up. Does
    /// nothing once it is closed.
    public func reconnect() {
        // A new loop ends the one before; their tasks follow each other, so that callbacks stay in order. Both under one lock, so
        // that the newest loop has the newest task; what calls others comes after it.
        let loop = current.withLock { state -> EventFeed.Loop? in
            guard !state.isClosed else { return nil }
            let loop = EventFeed.Loop(feed, tellsStates: true, connects: false)
            state.error = nil
            state.task = Task { [weak self, previous = state.task] in
                await previous?.value
                await Self.follow(loop) {
                    self?.take($0)
                } ending: {
                    self?.ended($0)
                }
            }
            return loop
        }
        loop?.connect()
    }

    /// Closes the connection and stays away until ``reconnect()``.
    public func disconnect() {
        feed.disconnect()
    }

    /// Tracks one event in this workspace: ``AnalyticsClient/trackEvent(_:_:workspace:sessionID:idempotencyKey:)``.
    @discardableResult
    public func trackEvent(_ type: String, _ data: JSONValue = [:], sessionID: String? = nil)
        async throws(AnalyticsError)
        -> TrackedEvent
    {
        try await feed.trackEvent(type, data, sessionID: sessionID)
    }

    /// Disconnects for good. No callback is called after it returns.
    public func close() async {
        let task = current.withLock { state in
            state.isClosed = true
            return state.task
        }
        feed.close()
        await task?.value
    }

    // MARK: Following

    private static func follow(
        _ loop: EventFeed.Loop, _ take: (Delivery) -> Void, ending: (AnalyticsError?) -> Void
    ) async {
        do throws(AnalyticsError) {
            while let delivery = try await loop.next() { take(delivery) }
            ending(nil)
        } catch {
            ending(error)
        }
    }

    private func take(_ delivery: Delivery) {
        switch delivery {
        case .block(let event): take(AnalyticsEvent(event))
        case .event(let event, _, _): take(event)
        case .position: break
        case .state(let state): take(state)
        }
    }

    private func take(_ event: AnalyticsEvent) {
        switch event {
        case .stats(let stats):
            current.withLock { $0.stats = stats }
            options.onStatsUpdate?(stats)
        case .event(let event): options.onEvent?(event)
        case .connected, .ping, .closing, .reset, .unknown: break
        }
    }

    private func take(_ state: FeedState) {
        let isConnected =
            switch state {
            case .open: true
            case .polling: isPolling
            case .connecting, .waiting, .closed: false
            }
        if case .waiting(_, _, .failure(let error)) = state { report(error) }
        let wasConnected = current.withLock { current in
            defer { current.isConnected = isConnected }
            if isConnected { current.error = nil }
            return current.isConnected
        }
        if isConnected, !wasConnected { options.onConnect?() }
        if wasConnected, !isConnected { options.onDisconnect?(state) }
    }

    private func report(_ error: AnalyticsError) {
        current.withLock { $0.error = error }
        options.onError?(error)
    }

    /// The loop has ended.
    private func ended(_ error: AnalyticsError?) {
        let wasConnected = current.withLock { current in
            defer { current.isConnected = false }
            return current.isConnected
        }
        if let error { report(error) }
        if wasConnected { options.onDisconnect?(feed.state) }
    }
}
