import HTTPServer
import Networking
import Telemetry

/// A service on one loop, listening on a loopback port that the system chose.
final class TestServer: Sendable {
    let service: HTTPService
    let metrics = MetricsRegistry()
    private let group: LoopGroup
    private let listener: Listener

    init(_ application: any Application, settings: HTTPServerSettings = HTTPServerSettings()) throws {
        group = try LoopGroup(count: 1, log: .discarded, metrics: metrics)
        let service = HTTPService(
            application: application, loops: group.loops, settings: settings, log: .discarded, metrics: metrics)
        self.service = service
        listener = try Listener(
            address: SocketAddress(parsing: "127.0.0.1:0"), on: group, log: .discarded, metrics: metrics
        ) { service.adopt($0) }
        listener.start()
        group.start()
    }

    deinit {
        group.stop()
        group.join()
    }

    func connect(receiveBuffer: Int32? = nil) -> TestClient {
        TestClient(port: listener.address.port ?? 0, receiveBuffer: receiveBuffer)
    }

    /// Runs `action` on the loop and waits for its result.
    func onLoop<Result: Sendable>(_ action: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            group.loops[0].execute { continuation.resume(returning: action()) }
        }
    }
}
