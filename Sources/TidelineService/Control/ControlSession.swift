import Glibc
import Networking
import Telemetry

/// A way to the log for a command: the running server's control socket, or a gateway of its own in this process that
/// opens the log and listens on that socket alone.
///
/// ```swift
/// let session = try ControlSession.open(configuration)
/// defer { session.close() }
/// let workspaces = try session.client.workspaces()
/// ```
struct ControlSession {
    let client: ControlClient
    /// The gateway of this process; nil when a server was running.
    private let gateway: Gateway?

    /// Whether the requests go to a server that runs anyway.
    var isServerRunning: Bool { gateway == nil }

    /// - Parameters:
    ///   - configuration: as `serve` would load it; decides the data directory.
    ///   - makesLog: whether an installation without a log gets one; else a mistyped directory would pass for an empty log.
    static func open(
        _ configuration: ServiceConfiguration, makesLog: Bool = true
    ) throws(CommandFailure) -> ControlSession {
        let address = SocketAddress.unix(path: configuration.storage.controlSocketPath)
        let refusal: ClientFailure
        do throws(ClientFailure) {
            // Only asks whether somebody listens; requests come over a connection of their own.
            _ = try ClientSocket(to: address, timeout: .seconds(5))
            return ControlSession(client: client(of: address), gateway: nil)
        } catch {
            refusal = error
        }
        try check(refusal, address)
        guard makesLog || PlainFile.exists(configuration.storage.databasePath) else {
            throw CommandFailure(
                "there is no log at \(configuration.storage.databasePath); is the data directory right?")
        }
        do throws(StartFailure) {
            let gateway = try Gateway.start(
                configuration, mode: .controlOnly, log: Log(level: .error), metrics: MetricsRegistry())
            return ControlSession(client: client(of: address), gateway: gateway)
        } catch {
            throw failure(error, refusal, configuration)
        }
    }

    /// Ends the gateway of this process, if there is one: what was appended is durable before.
    func close() {
        client.http.close()
        gateway?.stop()
    }

    private static func client(of address: SocketAddress) -> ControlClient {
        // An append waits for the disk, which may stall; a silent minute is something else.
        ControlClient(http: BlockingHTTPClient(address, timeout: .seconds(60)))
    }

    /// No socket, and a socket that nobody listens on, mean that no server runs. All else must not start a second one.
    static func check(_ refusal: ClientFailure, _ address: SocketAddress) throws(CommandFailure) {
        switch refusal {
        case .unreachable(_, errno: ENOENT), .unreachable(_, errno: ECONNREFUSED): return
        case .unreachable(_, errno: EACCES), .unreachable(_, errno: EPERM):
            throw CommandFailure("\(address) belongs to another user: run this as the user that runs the server")
        case .unreachable(_, errno: ENAMETOOLONG):
            throw CommandFailure("\(address) is too long for a socket: choose a shorter data directory")
        case .unreachable, .timedOut, .broken, .closed, .malformedReply: throw CommandFailure(refusal.description)
        }
    }

    private static func failure(
        _ failure: StartFailure, _ refusal: ClientFailure, _ configuration: ServiceConfiguration
    ) -> CommandFailure {
        CommandFailure(
            """
            no server answers on \(configuration.storage.controlSocketPath), and the log in \
            \(configuration.storage.directory) cannot be opened here: \(failure.message)
            If it is in use, a server is starting or ending (try again), or runs without its control socket \
            (restart it). (\(refusal))
            """)
    }
}
