/// The live analytics of one workspace by polls alone, for networks that let no stream through: the surface of
/// ``RealtimeAnalytics`` less `reconnect` and `disconnect`.
///
/// ```swift
/// let poller = PollingClient(client, workspace: "acme", every: .seconds(5), options)
/// ```
public final class PollingClient: Sendable {
    private let inner: RealtimeAnalytics

    /// Polls from now on, unless the options say otherwise.
    /// - Parameter interval: the time from the end of one poll to the next; 5 s.
    public init(
        _ client: AnalyticsClient, workspace: String, every interval: Duration = .seconds(5),
        _ options: RealtimeOptions = RealtimeOptions()
    ) {
        var options = options
        options.feed.pollsOnly = true
        options.feed.pollInterval = interval
        inner = RealtimeAnalytics(client, workspace: workspace, options)
    }

    /// The newest figures; nil before the first.
    public var stats: LiveStats? { inner.stats }
    /// The failure of the last poll; nil when it succeeded.
    public var error: AnalyticsError? { inner.error }
    /// Whether the last poll succeeded.
    public var isConnected: Bool { inner.isConnected }
    /// What it is doing.
    public var state: FeedState { inner.state }
    /// Where a later one can go on; see ``EventFeed/lastEventID``.
    public var lastEventID: String? { inner.lastEventID }

    /// Tracks one event in this workspace: ``AnalyticsClient/trackEvent(_:_:workspace:sessionID:idempotencyKey:)``.
    @discardableResult
    public func trackEvent(_ type: String, _ data: JSONValue = [:], sessionID: String? = nil)
        async throws(AnalyticsError)
        -> TrackedEvent
    {
        try await inner.trackEvent(type, data, sessionID: sessionID)
    }

    /// Ends for good. No callback is called after it returns.
    public func close() async { await inner.close() }
}
