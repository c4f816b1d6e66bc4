import Telemetry

/// The instruments of HTTP connections; any thread.
struct HTTPMetrics: Sendable {
    enum Timeout: String, Sendable { case head, body, idle }

    private let registry: MetricsRegistry
    /// Sockets that speak HTTP, streams among them.
    let openConnections: Gauge
    /// Those that have become streams.
    let openStreams: Gauge
    /// Requests refused because their bytes were wrong.
    let parseErrors: Counter
    private let headTimeouts: Counter
    private let bodyTimeouts: Counter
    private let idleTimeouts: Counter

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        openConnections = registry.gauge("tideline_http_connections", help: "Open HTTP connections, streams included.")
        openStreams = registry.gauge("tideline_http_streams", help: "Open HTTP connections that are streams.")
        parseErrors = registry.counter(
            "tideline_http_parse_errors_total", help: "Requests refused because their bytes break HTTP.")
        func timeouts(_ kind: Timeout) -> Counter {
            registry.counter(
                "tideline_http_timeouts_total", help: "Connections closed because nothing came in time.",
                labels: ["waiting_for": kind.rawValue])
        }
        headTimeouts = timeouts(.head)
        bodyTimeouts = timeouts(.body)
        idleTimeouts = timeouts(.idle)
    }

    func countTimeout(_ kind: Timeout) {
        switch kind {
        case .head: headTimeouts.increment()
        case .body: bodyTimeouts.increment()
        case .idle: idleTimeouts.increment()
        }
    }

    /// The counter of answers of one route and status class.
    func answers(route: String, statusClass: Int) -> Counter {
        registry.counter(
            "tideline_http_requests_total", help: "Answered requests by route and class of status.",
            labels: ["route": route, "status": "\(statusClass)xx"])
    }
}
