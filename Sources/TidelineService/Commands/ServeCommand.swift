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
        do throws(StartFailure) {
            let gateway = try start(loaded, isDemo: options.isDemo, log)
            let hangUp = HangUp(
                options.configuration, environment: environment, started: loaded.configuration, reload: gateway.reload,
                log: log)
            return serve(gateway, hangUp, isDemo: options.isDemo, log)
        } catch {
            log.error("not started", ["error": .string(error.message)])
            return fail("not started: \(error.message)")
        }
    }

    /// Starts; a demo without a configured address takes the next free port where the usual one is taken.
    private static func start(
        _ loaded: LoadedConfiguration, isDemo: Bool, _ log: Log
    ) throws(StartFailure) -> Gateway {
        var configuration = loaded.configuration
        let isListenDefault = ConfigurationKey.named("server.listen").map { loaded.source(of: $0) } == .default
        if isDemo, isListenDefault, let free = FreeAddress.first(from: configuration.server.listen) {
            if free != configuration.server.listen {
                log.warning("the usual port is taken", ["instead": .string(free.joined(separator: " "))])
            }
            configuration.server.listen = free
        }
        return try Gateway.start(configuration, mode: .serve, log: log, metrics: MetricsRegistry())
    }

    private static func serve(_ gateway: Gateway, _ hangUp: HangUp, isDemo: Bool, _ log: Log) -> Int32 {
        for address in gateway.addresses {
            log.info("listening", ["host": .string(address.host), "port": .integer(address.port ?? 0)])
        }
        let ending = DispatchSemaphore(value: 0)
        do throws(NetworkError) {
            try gateway.watchSignals { signal in
                switch signal {
                case .terminate, .interrupt: ending.signal()
                case .hangUp: hangUp.receive()
                }
            }
        } catch {
            log.error("signals cannot be watched", ["error": .string(error.description)])
            return 1
        }
        let demo = isDemo ? DemoHost(gateway, log) : nil
        demo?.start()
        ending.wait()
        hangUp.end()
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
