package import Telemetry

/// What the streams count; one instance for all loops, every counter a relaxed atomic.
package struct StreamMetrics: Sendable {
    let opened: Counter
    let resumed: Counter
    let resets: [ResetReason: Counter]
    let closed: [CloseReason: Counter]
    let dropped: Counter
    let deliveries: Counter
    let writes: Counter
    let bytes: Counter
    let conflated: Counter
    let pages: Counter
    let refused: Counter
    let swept: Counter

    package init(_ registry: MetricsRegistry) {
        opened = registry.counter("tideline_streams_opened", help: "Streams opened.")
        resumed = registry.counter("tideline_streams_resumed", help: "Streams opened with a position.")
        resets = Dictionary(
            uniqueKeysWithValues: ResetReason.allCases.map {
                (
                    $0,
                    registry.counter(
                        "tideline_streams_reset", help: "Resumes that could not be exact.",
                        labels: ["reason": $0.rawValue])
                )
            })
        closed = Dictionary(
            uniqueKeysWithValues: CloseReason.allCases.map {
                (
                    $0,
                    registry.counter(
                        "tideline_streams_closed", help: "Streams that the server ended.",
                        labels: ["reason": $0.rawValue])
                )
            })
        dropped = registry.counter("tideline_streams_dropped", help: "Streams that the peer or the network ended.")
        deliveries = registry.counter("tideline_deliveries", help: "Events written to streams.")
        writes = registry.counter("tideline_stream_writes", help: "Write calls on streams.")
        bytes = registry.counter("tideline_stream_bytes", help: "Bytes written to streams.")
        conflated = registry.counter(
            "tideline_stats_conflated", help: "Stats snapshots that a newer one replaced before they left.")
        pages = registry.counter("tideline_replay_pages", help: "Pages read from the log for resuming streams.")
        refused = registry.counter("tideline_streams_refused", help: "Streams refused at a limit.")
        swept = registry.counter("tideline_streams_swept", help: "Stale streams that the sweep ended.")
    }
}
