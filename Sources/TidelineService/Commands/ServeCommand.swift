import Access
import Broadcast
import Dispatch
import Events
import Glibc
import Networking
import Telemetry

/// `tideline serve`: runs until SIGTERM or SIGINT, then drains.
package enum ServeCommand {
    /// - Returns: the exit status.
    package static func run(_ options: ServeOptions, environment: [String: String]) -> Int32 {
        // Before any thread is made: they all inherit the mask.
        SignalWatch.block()
        let loaded: LoadedConfiguration
        do throws(ConfigurationFailure) {
            loaded = try options.configuration.load(environment: environment)
        } catch {
            return fail("\(error)")
        }
        let log = Log(level: LogLevel(loaded.configuration.log.level.rawValue) ?? .info)
        DescriptorLimit.raise(for: loaded.configuration.streams.maxConnections, log)
        let manager = ServiceManager(environment: environment)
        do throws(StartFailure) {
            let inherited = try inheritedSockets(environment, loaded, log)
            let gateway = try start(loaded, isDemo: options.isDemo, inheriting: inherited, log)
            let hangUp = HangUp(
                options.configuration, environment: environment, started: loaded.configuration, reload: gateway.reload,
                log: log)
            return serve(gateway, hangUp, isDemo: options.isDemo, manager, log)
        } catch {
            log.error("not started", ["error": .string(error.message)])
            return fail("not started: \(error.message)")
        }
    }

    /// Starts; a demo without a configured address takes the next free port where the usual one is taken.
    private static func start(
        _ loaded: LoadedConfiguration, isDemo: Bool, inheriting inherited: [InheritedSocket], _ log: Log
    ) throws(StartFailure) -> Gateway {
        var configuration = loaded.configuration
        let isListenDefault = ConfigurationKey.named("server.listen").map { loaded.source(of: $0) } == .default
        if isDemo, isListenDefault, inherited.isEmpty, let free = FreeAddress.first(from: configuration.server.listen) {
            if free != configuration.server.listen {
                log.warning("the usual port is taken", ["instead": .string(free.joined(separator: " "))])
            }
            configuration.server.listen = free
        }
        return try Gateway.start(
            configuration, mode: .serve, inheriting: inherited, log: log, metrics: MetricsRegistry())
    }

    /// Socket activation: the addresses are the socket unit's.
    private static func inheritedSockets(
        _ environment: [String: String], _ loaded: LoadedConfiguration, _ log: Log
    ) throws(StartFailure) -> [InheritedSocket] {
        do throws(NetworkError) {
            let sockets = try InheritedSocket.all(in: environment)
            let isListenSet = ConfigurationKey.named("server.listen").map { loaded.source(of: $0) } != .default
            if !sockets.isEmpty, isListenSet {
                log.warning(
                    "server.listen is not used: the service manager passed sockets",
                    ["sockets": .string(sockets.map { "\($0.name)=\($0.address.text)" }.joined(separator: " "))])
            }
            return sockets
        } catch {
            throw StartFailure("socket activation: \(error)")
        }
    }

    private static func serve(
        _ gateway: Gateway, _ hangUp: HangUp, isDemo: Bool, _ manager: ServiceManager, _ log: Log
    ) -> Int32 {
        for address in gateway.addresses {
            log.info("listening", ["host": .string(address.host), "port": .integer(address.port ?? 0)])
        }
        let status = "listening on " + gateway.addresses.map(\.text).joined(separator: ", ")
        let ending = DispatchSemaphore(value: 0)
        do throws(NetworkError) {
            try gateway.watchSignals { signal in
                switch signal {
                case .terminate, .interrupt: ending.signal()
                case .hangUp:
                    manager.reloading()
                    hangUp.receive { manager.ready(status) }
                }
            }
        } catch {
            log.error("signals cannot be watched", ["error": .string(error.description)])
            return 1
        }
        let demo = isDemo ? DemoHost(gateway, log) : nil
        demo?.start()
        gateway.watch(by: manager)
        manager.ready(status)
        ending.wait()
        hangUp.end()
        manager.stopping("draining")
        log.info("draining", ["streams": .integer(gateway.context.hub.openStreams)])
        demo?.stop()
        gateway.stop()
        log.info("stopped")
        return 0
    }

    private static func fail(_ message: String) -> Int32 {
        Log.standardError(Array("tideline: \(message)\n".utf8))
        return 1
    }
}
