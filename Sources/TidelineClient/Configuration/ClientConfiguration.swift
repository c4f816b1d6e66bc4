public import Foundation

/// How an ``AnalyticsClient`` reaches its server and behaves on the way. Durations that make no sense (negative, or a
/// longest below a shortest) are brought into range where they are used.
public struct ClientConfiguration: Sendable {
    /// The server: `https://tideline.example.org`, or with a path when a proxy puts it under one.
    public var server: URL
    /// Gives the bearer token; nil sends none.
    public var token: TokenProvider?
    /// Fields sent with every request beside the client's own.
    public var headers: [String: String] = [:]

    // MARK: Time limits

    /// From the beginning of an attempt (its token included) to the first byte of the answer's body. 15 s. Longer hides streams
    /// that a proxy holds back, shorter fails on slow networks.
    public var connectTimeout: Duration = .seconds(15)
    /// Without any byte for so long, a stream is taken for dead. Nil: 2.5 × the heartbeat that the server tells, 75 s before it has.
    public var idleTimeout: Duration?
    /// How long one request (a tracked event, a poll) may take. 30 s.
    public var requestTimeout: Duration = .seconds(30)

    // MARK: Coming back

    /// The growth of the delay from one failed attempt to the next. 2.
    public var backoffFactor: Double = 2
    /// The longest delay that the client draws itself. 30 s.
    public var maximumDelay: Duration = .seconds(30)
    /// The longest that a server may keep it away (`closing`, `Retry-After`). 15 min.
    public var maximumServerDelay: Duration = .seconds(900)
    /// A stream that stays open this long has succeeded, even if it brought nothing. 10 s.
    public var provenAfter: Duration = .seconds(10)

    // MARK: Polling

    /// After so many streams in a row that failed or stayed mute, the feed polls. 3; nil never polls.
    public var pollAfterFailures: Int? = 3
    /// The time from the end of one poll to the next. 5 s.
    public var pollInterval: Duration = .seconds(5)
    /// While polling, a stream is tried again after half of this to all of it. 60 s.
    public var streamRetryInterval: Duration = .seconds(60)

    // MARK: Memory

    /// What a feed buffers for a reader that is behind, in bytes. 1 MiB. Past it the stream is closed and, when the reader
    /// has read half of it, resumed where it ended: nothing is lost, and one chunk or page at most is held beyond it.
    public var bufferBytes = 1 << 20

    // MARK: Tracking

    /// How often one event is sent before its error is reported: 6.
    public var trackAttempts = 6
    /// How long ``AnalyticsClient/close()`` waits for events under way. 5 s.
    public var flushTimeout: Duration = .seconds(5)
    /// Sent with tracked events that name no session of their own. A new one for each configuration.
    public var sessionID: String

    // MARK: What is injected

    /// Measures every wait. `ContinuousClock` by default.
    public var clock: any Clock<Duration> = ContinuousClock()
    /// Draws from [0, 1), uniformly: jitter.
    public var random: @Sendable () -> Double = { .random(in: 0..<1) }
    /// Carries the requests. Nil: a ``URLSessionTransport``.
    public var transport: (any StreamTransport)?
    /// Gets a line for each thing worth telling, on any thread; it should return soon.
    public var log: (@Sendable (LogEntry) -> Void)?

    /// The defaults, for a server and what gives its tokens.
    public init(server: URL, token: TokenProvider? = nil) {
        self.server = server
        self.token = token
        sessionID = "session_" + UUID().uuidString.lowercased()
    }
}

/// What one feed wants of its workspace.
public struct FeedOptions: Sendable {
    /// Event types or prefixes such as `message.*`, up to 32; nil: all.
    public var types: [String]?
    /// Whether live figures are wanted. Not both this and `includesEvents` may be false.
    public var includesStats = true
    /// Whether events of the log are wanted.
    public var includesEvents = true
    /// Where to go on from: ``EventFeed/lastEventID`` of an earlier feed. Nil begins now.
    public var lastEventID: String?
    /// Whether to come back after a failure or the end of a stream; otherwise the feed closes with it.
    public var autoReconnect = true
    /// How many attempts in a row may fail before the feed gives up; nil: no limit.
    public var maxReconnectAttempts: Int?
    /// The base of the delay: the first is drawn from zero to this. 1 s; a server's `retry:` takes its place. At least 100 ms.
    public var reconnectDelay: Duration = .seconds(1)
    /// Polls and never streams: for networks that are known to let no stream through.
    public var pollsOnly = false
    /// The time between two polls in place of ``ClientConfiguration/pollInterval``.
    public var pollInterval: Duration?

    /// Everything, from now on, for as long as it takes.
    public init() {}
}
