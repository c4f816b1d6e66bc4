/// What a ``FeedMachine`` must know: configuration and options, brought into range.
package struct FeedSettings: Sendable {
    let options: FeedOptions
    let backoff: Backoff
    let connectTimeout: Duration
    let requestTimeout: Duration
    let maximumServerDelay: Duration
    let provenAfter: Duration
    let pollAfterFailures: Int?
    let pollInterval: Duration
    let streamRetryInterval: Duration
    let canRefreshToken: Bool
    let random: @Sendable () -> Double
    private let fixedIdleTimeout: Duration?
    private let endpoints: Endpoints
    private let headers: [String: String]

    package init(_ configuration: ClientConfiguration, _ options: FeedOptions, workspace: String) {
        self.options = options
        backoff = Backoff(
            base: options.reconnectDelay, factor: configuration.backoffFactor, cap: configuration.maximumDelay)
        connectTimeout = configuration.connectTimeout.bounded(by: .milliseconds(1))
        requestTimeout = configuration.requestTimeout.bounded(by: .milliseconds(1))
        maximumServerDelay = configuration.maximumServerDelay.bounded(by: .zero)
        provenAfter = configuration.provenAfter.bounded(by: .zero)
        pollAfterFailures = configuration.pollAfterFailures.map { max($0, 1) }
        pollInterval = (options.pollInterval ?? configuration.pollInterval).bounded(by: .milliseconds(1))
        streamRetryInterval = configuration.streamRetryInterval.bounded(by: .zero)
        canRefreshToken = configuration.token != nil
        random = { [draw = configuration.random] in Backoff.chance(draw()) }
        fixedIdleTimeout = configuration.idleTimeout?.bounded(by: .milliseconds(1))
        endpoints = Endpoints(server: configuration.server, workspace: workspace)
        headers = configuration.headers
    }

    /// How long a stream may be silent before it has told its heartbeat.
    var idleTimeout: Duration { fixedIdleTimeout ?? .seconds(75) }

    /// How long a stream with that heartbeat may be silent: two and a half, so that one lost or late beat is no alarm.
    func idleTimeout(heartbeat: Duration?) -> Duration {
        guard let heartbeat, heartbeat > .zero else { return idleTimeout }
        return fixedIdleTimeout ?? min(max(heartbeat * 2.5, .seconds(1)), .seconds(3_600))
    }

    /// The bodies of answers that are no stream are read up to here; the server's pages are smaller.
    static let bodyLimit = 16 << 20
    /// Events in one page of the log.
    private static let pageLimit = 200

    func request(_ goal: FeedMachine.Goal, after position: String, entityTag: String?, token: String?)
        -> TransportRequest
    {
        var fields = headers
        if let token { fields["Authorization"] = "Bearer \(token)" }
        fields["Accept"] = goal == .stream ? "text/event-stream" : "application/json"
        var query: [(String, String)] = []
        switch goal {
        case .stream:
            fields["Cache-Control"] = "no-store"
            if !position.isEmpty { fields["Last-Event-ID"] = FieldText.clean(position) }
            if let types = options.types { query.append(("types", types.joined(separator: ","))) }
            if !options.includesStats { query.append(("stats", "off")) }
            if !options.includesEvents { query.append(("events", "off")) }
            return TransportRequest(url: endpoints.realtime(query), headers: fields)
        case .snapshot:
            if let entityTag { fields["If-None-Match"] = entityTag }
            return TransportRequest(url: endpoints.realtime(), headers: fields)
        case .log:
            query = [("after", position), ("limit", String(Self.pageLimit))]
            if let types = options.types { query.append(("types", types.joined(separator: ","))) }
            return TransportRequest(url: endpoints.log(query), headers: fields)
        }
    }
}
