package import Networking
package import Telemetry

/// Stands in for the server's assembly until that is merged; delete this file then.
package final class Gateway: Sendable {
    package enum Mode: Sendable { case serve, controlOnly }

    package static func start(
        _ configuration: ServiceConfiguration, mode: Mode, log: Log, metrics: MetricsRegistry
    ) throws(StartFailure) -> Gateway {
        throw StartFailure(message: "this build holds no server")
    }

    package func stop() {}
    package var addresses: [SocketAddress] { [] }

    private init() {}
}

package struct StartFailure: Error {
    package let message: String
}
