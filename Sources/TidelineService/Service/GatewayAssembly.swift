import Access
import Broadcast
import Events
import HTTPProtocol
import HTTPServer
import Networking
import Persistence
import Projections
import Telemetry

/// Joins the parts of a ``Gateway``, in the order in which they need each other.
struct GatewayAssembly {
    let context: ServiceContext
    let service: HTTPService
    let login: LoginLink
    let loops: LoopGroup
    let reload: Reload
    private let diagnostics: Log
    private let metrics: MetricsRegistry

    init(
        _ configuration: ServiceConfiguration, mode: Gateway.Mode, diagnostics: Log, metrics: MetricsRegistry,
        clock: @escaping @Sendable () -> Milliseconds
    ) throws(StartFailure) {
        self.diagnostics = diagnostics
        self.metrics = metrics
        var random = SystemRandomNumberGenerator()
        let log = try Self.openLog(configuration, diagnostics, metrics, clock)
        let secret = try Self.secret(configuration, &random)
        do throws(NetworkError) {
            loops = try LoopGroup(count: configuration.loopCount, log: diagnostics, metrics: metrics)
        } catch {
            throw StartFailure("the event loops could not be made: \(error)")
        }
        login = LoginLink(secret: Secret(using: &random))
        context = try Self.join(
            configuration, log: log, loops: loops, secret: secret, login: login, diagnostics: diagnostics,
            metrics: metrics, clock: clock)
        let staticFiles = mode == .serve ? try Self.staticFiles(configuration) : nil
        let application = ServiceApplication(context: context, staticFiles: staticFiles)
        service = HTTPService(
            application: application, loops: loops.loops, settings: configuration.http, log: diagnostics,
            metrics: metrics)
        reload = Reload(context: context, secret: secret, staticFiles: staticFiles, service: service)
        loops.start()
        for home in context.homes { home.loop.execute { home.value.start() } }
        do throws(StoreError) {
            try log.start(sink: context.publisher)
        } catch {
            throw StartFailure("the log writer could not be started: \(error)")
        }
    }

    private static func openLog(
        _ configuration: ServiceConfiguration, _ diagnostics: Log, _ metrics: MetricsRegistry,
        _ clock: @escaping @Sendable () -> Milliseconds
    ) throws(StartFailure) -> EventLog {
        do throws(StoreError) {
            return try EventLog(
                settings: configuration.logSettings, judge: AppendPolicy(), clock: clock, log: diagnostics,
                metrics: metrics)
        } catch {
            throw StartFailure("\(configuration.storage.directory): \(error.message)")
        }
    }

    private static func secret(
        _ configuration: ServiceConfiguration, _ random: inout SystemRandomNumberGenerator
    ) throws(StartFailure) -> Secret {
        do throws(SecretError) {
            let text = configuration.auth.jwt.secret
            if !text.isEmpty { return try Secret(text) }
            return try SecretFile.loadOrCreate(at: configuration.storage.secretPath, using: &random)
        } catch {
            throw StartFailure("auth.jwt.secret: \(error)")
        }
    }

    /// nil: `server.publicDirectory` is empty, nothing is served beside the API.
    private static func staticFiles(_ configuration: ServiceConfiguration) throws(StartFailure) -> StaticFiles? {
        let directory = configuration.server.publicDirectory
        if directory.isEmpty { return nil }
        guard let files = StaticFiles(root: directory) else {
            throw StartFailure("server.publicDirectory: \(directory) is no directory that can be read")
        }
        return files
    }

    private static func join(
        _ configuration: ServiceConfiguration, log: EventLog, loops: LoopGroup, secret: Secret, login: LoginLink,
        diagnostics: Log, metrics: MetricsRegistry, clock: @escaping @Sendable () -> Milliseconds
    ) throws(StartFailure) -> ServiceContext {
        let registries = WorkspaceRegistries()
        let pool = QueryPool()
        let waiters = HeadWaiters()
        let board = LiveStatsBoard(clock: clock)
        let hub = Hub(
            settings: configuration.streamSettings, shardCount: loops.loops.count, registries: registries,
            replay: LogReplay(log: log, pool: pool, diagnostics: diagnostics, registry: { registries[$0] }),
            stats: board, metrics: StreamMetrics(metrics), log: diagnostics)
        let recovery = FoldRecovery(
            log: log, board: board, settings: configuration.liveStats, clock: clock, diagnostics: diagnostics)
        let intake = WorkspaceIntake(
            registries: registries, board: board, settings: configuration.liveStats, clock: clock)
        let publisher = FramePublisher(hub: hub, board: board, waiters: waiters) { intake.takeNew($0) }
        let workspaces = log.workspaces.map { ($0, intake.registry(of: $0)) }
        for (workspace, _) in workspaces { publisher.follow(workspace.key, from: workspace.directory()) }
        recovery.load(workspaces)
        let homes = makeHomes(loops, hub, clock, diagnostics)
        hub.attach(homes.map { LoopPort(home: $0) })
        StreamGauges.register(hub, pool, metrics)
        let keys = try loadKeys(log)
        let verifier: TokenVerifier
        do throws(KeyFailure) {
            verifier = try configuration.verifier(secret)
        } catch {
            throw StartFailure(error.description)
        }
        return ServiceContext(
            configuration: configuration, log: log, hub: hub, board: board, recovery: recovery, publisher: publisher,
            waiters: waiters, pool: pool,
            authenticator: Authenticator(
                verifier: verifier,
                cookie: SessionCookie(
                    secret: secret, isSecure: configuration.auth.secureCookies,
                    maximumAge: configuration.auth.sessionMaxAge.milliseconds),
                isSecure: configuration.auth.secureCookies, login: login, keys: keys,
                sessionLifetime: configuration.auth.sessionMaxAge.milliseconds),
            keys: keys, door: WorkspaceDoor(log: log, hub: hub, provisions: configuration.auth.jwt.provision),
            homes: homes, draftReader: configuration.draftReader,
            statsSettings: configuration.liveStats, metrics: metrics, diagnostics: diagnostics, clock: clock)
    }

    private static func makeHomes(
        _ loops: LoopGroup, _ hub: Hub, _ clock: @escaping @Sendable () -> Milliseconds, _ diagnostics: Log
    ) -> [LoopBound<LoopHome>] {
        var random = SystemRandomNumberGenerator()
        return loops.loops.map { loop in
            let shard = Shard(
                index: loop.index, hub: hub, now: MonotonicTime.read().milliseconds, wall: clock(), seed: random.next())
            return LoopBound(sending: LoopHome(shard: shard, loop: loop, clock: clock, log: diagnostics), loop: loop)
        }
    }

    private static func loadKeys(_ log: EventLog) throws(StartFailure) -> APIKeyBook {
        do throws(StoreError) {
            var entries: [KeyEntry] = []
            for workspace in log.workspaces {
                entries += try log.readers().apiKeys(workspace.key).map { KeyEntry($0) }
            }
            return APIKeyBook(entries)
        } catch {
            throw StartFailure("the API keys could not be read: \(error.message)")
        }
    }

    // MARK: Listening

    /// Binds the control socket and, when serving, every address of `server.listen`; or takes the inherited sockets instead of
    /// those.
    func listen(_ mode: Gateway.Mode, inherited: [InheritedSocket]) throws(StartFailure) -> [Listener] {
        var listeners = [
            try listener(at: "unix:\(context.configuration.storage.controlSocketPath)", isLocalControl: true)
        ]
        guard mode == .serve else { return listeners }
        for socket in inherited { listeners.append(try listener(on: socket)) }
        guard inherited.isEmpty else { return listeners }
        for address in context.configuration.server.listen {
            listeners.append(try listener(at: address, isLocalControl: false))
        }
        return listeners
    }

    private func listener(on socket: InheritedSocket) throws(StartFailure) -> Listener {
        do throws(NetworkError) {
            return try Listener(inheriting: socket, on: loops, log: diagnostics, metrics: metrics) {
                [service] connection in
                service.adopt(connection, isLocalControl: false)
            }
        } catch {
            throw StartFailure("the socket \"\(socket.name)\": \(error)")
        }
    }

    private func listener(at address: String, isLocalControl: Bool) throws(StartFailure) -> Listener {
        do throws(NetworkError) {
            return try Listener(
                address: SocketAddress(parsing: address), on: loops, log: diagnostics, metrics: metrics
            ) { [service] connection in
                service.adopt(connection, isLocalControl: isLocalControl)
            }
        } catch {
            throw StartFailure("\(address): \(error)")
        }
    }
}
