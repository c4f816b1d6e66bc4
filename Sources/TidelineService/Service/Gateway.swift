import Access
import Broadcast
import Dispatch
package import Events
import HTTPServer
package import Networking
import Persistence
import Projections
import Synchronization
package import Telemetry

/// The running server: composes the log, the figures, the streams and the listeners, and takes them apart in order.
///
/// Reading order of this module: `Configuration/` (what is set), this file (what is joined), `Routes/` (what is answered),
/// `Streams/` (how commits become frames), `Figures/` (how they become numbers), `Commands/` (what is typed).
package final class Gateway: Sendable {
    /// Who is let in.
    package enum Mode: Sendable {
        /// TCP at `server.listen`, and the control socket.
        case serve
        /// The control socket alone: a command at work without a running server.
        case controlOnly
    }

    let context: ServiceContext
    let service: HTTPService
    let login: LoginLink
    let reload: Reload
    private let loops: LoopGroup
    private let listeners: Mutex<[Listener]>
    private let housekeeping: Housekeeping
    /// Where requests are accepted, with the ports that the system chose.
    package let addresses: [SocketAddress]

    private init(
        context: ServiceContext, service: HTTPService, login: LoginLink, reload: Reload, loops: LoopGroup,
        listeners: [Listener],
        addresses: [SocketAddress]
    ) {
        self.context = context
        self.service = service
        self.login = login
        self.reload = reload
        self.loops = loops
        self.listeners = Mutex(listeners)
        self.addresses = addresses
        housekeeping = Housekeeping(context: context)
    }

    /// Opens the data directory, brings the parts up in order and listens last: a refused connection is retried by browsers,
    /// a 503 is not. Blocks until it listens; figures that need a rebuild go on in the background.
    /// - Parameter inherited: sockets to accept from instead of `server.listen`.
    /// - Throws: ``StartFailure`` with what the operator should do.
    package static func start(
        _ configuration: ServiceConfiguration, mode: Mode, inheriting inherited: [InheritedSocket] = [],
        log diagnostics: Log, metrics: MetricsRegistry,
        clock: @escaping @Sendable () -> Milliseconds = WallClock.milliseconds
    ) throws(StartFailure) -> Gateway {
        let assembly = try GatewayAssembly(
            configuration, mode: mode, diagnostics: diagnostics, metrics: metrics, clock: clock)
        let listeners = try assembly.listen(mode, inherited: inherited)
        let gateway = Gateway(
            context: assembly.context, service: assembly.service, login: assembly.login, reload: assembly.reload,
            loops: assembly.loops,
            listeners: listeners, addresses: listeners.dropFirst().map(\.address))
        gateway.housekeeping.start()
        for listener in listeners { listener.start() }
        return gateway
    }

    /// Delivers the process's signals; they must be blocked in every thread (``SignalWatch/block()``).
    package func watchSignals(_ deliver: @escaping @Sendable (ProcessSignal) -> Void) throws(NetworkError) {
        try SignalWatch.start(on: loops.loops[0], deliver: deliver)
    }

    /// Lets the service manager's watchdog know of every turn of the loops.
    package func watch(by manager: ServiceManager) { manager.watch(loops.loops) }

    /// Ends in order: no new connections, streams told `closing` over a window, open requests answered, everything committed,
    /// checkpoints saved. Blocks; at most about 15 s.
    package func stop(drainWindow: Duration = .seconds(3)) {
        let listeners = self.listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        let closed = DispatchSemaphore(value: 0)
        for listener in listeners { listener.stop { closed.signal() } }
        for _ in listeners { closed.wait() }
        context.hub.drain(over: drainWindow)
        service.drain()
        waitForConnections(until: MonotonicTime.read() + drainWindow + .seconds(8))
        housekeeping.stop()
        context.backups.stop()
        context.log.close()
        loops.stop()
        loops.join()
    }

    /// Waits for the streams and the requests to end, for as long as the deadline allows.
    private func waitForConnections(until deadline: MonotonicTime) {
        while context.hub.openStreams > 0 || service.openConnections > 0, MonotonicTime.read() < deadline {
            pause(.milliseconds(20))
        }
    }
}

/// Why the server did not start, for the operator.
package struct StartFailure: Error, Sendable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
