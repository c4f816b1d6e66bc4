package import Networking
package import Telemetry

/// Speaks HTTP on accepted connections, on several loops.
///
/// ```swift
/// let service = HTTPService(application: app, loops: loops, log: log, metrics: metrics)
/// // on a loop, for each accepted connection:
/// service.adopt(connection)
/// ```
package final class HTTPService: Sendable {
    private let contexts: [LoopBound<LoopContext>]
    private let metrics: HTTPMetrics

    /// - Parameter loops: the loops whose connections will be adopted. Their contexts hold the application.
    package init(
        application: any Application, loops: [EventLoop], settings: HTTPServerSettings = HTTPServerSettings(),
        log: Log, metrics registry: MetricsRegistry
    ) {
        let metrics = HTTPMetrics(registry)
        let router = application.router
        self.metrics = metrics
        contexts = loops.map { loop in
            LoopBound(
                sending: LoopContext(
                    loop: loop, application: application, router: router, settings: settings, metrics: metrics,
                    log: log),
                loop: loop)
        }
    }

    /// Takes on a connection that was just accepted; on its loop.
    /// - Parameter isLocalControl: whether it came by the control socket.
    package func adopt(_ connection: Connection, isLocalControl: Bool = false) {
        guard let context = contexts.first(where: { $0.loop === connection.loop }) else {
            preconditionFailure("a connection is adopted by a service of its loop")
        }
        HTTP1Connection(connection, context: context.value, isLocalControl: isLocalControl).start()
    }

    /// Goes on with another application of the same routes, whose limits and checks may differ, and with other settings.
    /// Each loop changes over between two requests; its connections stay. Any thread.
    package func use(_ application: any Application, settings: HTTPServerSettings) {
        let router = application.router
        for context in contexts { context.loop.execute { context.value.use(application, router, settings) } }
    }

    /// Closes idle connections, and every other one with its next answer; streams are their owners' business. Any thread.
    package func drain() {
        for context in contexts { context.loop.execute { context.value.drain() } }
    }

    /// Open connections, streams included. Any thread.
    package var openConnections: Int { metrics.openConnections.value }
}
