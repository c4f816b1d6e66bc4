import Broadcast
import Telemetry

/// Gauges that are read at the scrape.
enum StreamGauges {
    static func register(_ hub: Hub, _ pool: QueryPool, _ metrics: MetricsRegistry) {
        metrics.gauge("tideline_streams_open", help: "Streams open now.") { Double(hub.openStreams) }
        metrics.gauge("tideline_queries_waiting", help: "Reads that wait for a connection of the store.") {
            Double(pool.depth)
        }
    }
}
