package import Telemetry

/// Accepts connections at one address and gives each to a loop.
///
/// TCP: every loop has its own socket on the same port (SO_REUSEPORT), so accepting needs no lock and no hand-over as long as the
/// loops are balanced. The port is probed without SO_REUSEPORT first, because with it a second process would bind silently and
/// take half of the connections. A connection moves to the least loaded loop when its own holds clearly more
/// (``LoopGroup/home(forAcceptedOn:)``): the long-lived connections of a few proxies would otherwise pile up.
/// Unix: one socket, of mode 0600, on the first loop. Inherited: one socket for all loops (``InheritedSocket``).
///
/// ```swift
/// let listener = try Listener(address: SocketAddress(parsing: "127.0.0.1:0"), on: group, log: log, metrics: metrics) { connection in
///     connection.handler = Echo()
/// }
/// listener.start()
/// print(listener.address.port!)
/// ```
package final class Listener: Sendable {
    /// What an accepting loop may do at once, and how.
    package struct Settings: Sendable {
        /// Connections the kernel completes before we take them; it is cut at net.core.somaxconn.
        package var backlog: Int32 = 4096
        /// Accepted in one turn, so that a storm does not starve those already here.
        package var acceptsPerTurn = 256
        /// The first pause after descriptors ran out; it doubles.
        package var firstPause: Duration = .milliseconds(100)
        /// The longest pause.
        package var longestPause: Duration = .seconds(1)
        /// accept4(2), or what a test puts in its place: a descriptor, or -1 with errno set.
        package var accept: @Sendable (_ listening: Int32) -> Int32 = AcceptSource.systemAccept
        /// What accepted connections speak TLS with, asked for each, so that a new certificate is in force at once; nil: they
        /// are in clear.
        package var tls: (@Sendable () -> TLSContext)?

        package init() {}
    }

    /// Where connections are accepted, with the port that the system chose when 0 was asked for.
    package let address: SocketAddress

    private let sockets: [ListeningSocket]
    private let sources: [LoopBound<AcceptSource>]

    /// Binds and listens; connections wait in the backlog until ``start()``.
    /// - Parameter open: called on the loop to which the connection belongs; sets its handler, or the connection is closed.
    package convenience init(
        address: SocketAddress, on group: LoopGroup, settings: Settings = Settings(), log: Log,
        metrics: MetricsRegistry,
        open: @escaping @Sendable (Connection) -> Void
    ) throws(NetworkError) {
        let sockets = try ListeningSocket.bind(address, count: group.loops.count, backlog: settings.backlog)
        self.init(sockets, on: group, settings: settings, log: log, metrics: metrics, open: open)
    }

    /// The same on a socket that a service manager opened; ``stop()`` leaves its queue to whoever accepts from it next.
    package convenience init(
        inheriting socket: InheritedSocket, on group: LoopGroup, settings: Settings = Settings(), log: Log,
        metrics: MetricsRegistry, open: @escaping @Sendable (Connection) -> Void
    ) throws(NetworkError) {
        let sockets = try ListeningSocket.share(socket, count: group.loops.count)
        self.init(sockets, on: group, settings: settings, log: log, metrics: metrics, open: open)
    }

    private init(
        _ sockets: [ListeningSocket], on group: LoopGroup, settings: Settings, log: Log, metrics: MetricsRegistry,
        open: @escaping @Sendable (Connection) -> Void
    ) {
        let instruments = AcceptInstruments(metrics)
        self.address = sockets[0].address
        self.sockets = sockets
        sources = zip(sockets, group.loops).map { socket, loop in
            LoopBound(
                sending: AcceptSource(
                    socket: socket, loop: loop, group: group, settings: settings, log: log, instruments: instruments,
                    open: open),
                loop: loop)
        }
    }

    /// Whether nobody listens at `address` now; for looking for a free port. Somebody may take it the moment after.
    package static func isFree(_ address: SocketAddress) -> Bool { ListeningSocket.isFree(address) }

    /// Begins to accept. Once.
    package func start() {
        for source in sources { source.loop.execute { source.value.start() } }
    }

    /// Accepts what the kernel has completed, then closes the sockets. A Unix socket's path is removed. Returns when the port is
    /// free; connections that were accepted live on. The loops must be running.
    package func stop() async {
        await withCheckedContinuation { continuation in stop { continuation.resume() } }
    }

    /// The same for callers without a task; `whenDone` is called once, on a loop, or at once when the loops have stopped.
    package func stop(whenDone: @escaping @Sendable () -> Void) {
        stop(sources[...], whenDone)
    }

    /// One source after the other: each on its own loop.
    private func stop(_ rest: ArraySlice<LoopBound<AcceptSource>>, _ whenDone: @escaping @Sendable () -> Void) {
        guard let source = rest.first else { return whenDone() }
        let isQueued = source.loop.execute { [self] in
            source.value.stop()
            stop(rest.dropFirst(), whenDone)
        }
        if !isQueued { stop(rest.dropFirst(), whenDone) }
    }
}

/// What listeners count, together.
struct AcceptInstruments: Sendable {
    let accepted: Counter
    let handedOver: Counter
    let pauses: Counter

    init(_ metrics: MetricsRegistry) {
        accepted = metrics.counter("tideline_connections_accepted_total", help: "Connections accepted.")
        handedOver = metrics.counter(
            "tideline_connections_handed_over_total", help: "Connections passed to a less loaded event loop.")
        pauses = metrics.counter(
            "tideline_accept_pauses_total", help: "Times accepting paused because descriptors or memory ran out.")
    }
}
