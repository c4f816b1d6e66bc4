import Telemetry

/// The figures of the store.
struct LogMetrics: Sendable {
    private let commitSeconds: Histogram
    private let groupEvents: Histogram
    private let unavailable: Counter
    private let full: Counter
    let droppedAudit: Counter
    let prunedEvents: Counter
    /// 1: the last `quick_check` was clean, 0: it was not, −1: none has ended.
    let checkResult: Gauge

    init(_ registry: MetricsRegistry, queue: SubmissionQueue, level: FrameLevel) {
        commitSeconds = registry.histogram(
            "tideline_log_commit_seconds", help: "From the begin of a group's transaction to its durable end.",
            buckets: [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5])
        groupEvents = registry.histogram(
            "tideline_log_group_events", help: "Events in one commit.",
            buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000])
        unavailable = registry.counter(
            "tideline_log_failures_total", help: "Transactions that failed.", labels: ["fault": "unavailable"])
        full = registry.counter(
            "tideline_log_failures_total", help: "Transactions that failed.", labels: ["fault": "full"])
        droppedAudit = registry.counter(
            "tideline_audit_dropped_total", help: "Audit entries that found their queue full.")
        prunedEvents = registry.counter("tideline_log_pruned_events_total", help: "Events that retention removed.")
        checkResult = registry.gauge(
            "tideline_log_check_ok", help: "1 when quick_check found the file whole, 0 when not, -1 before.")
        checkResult.set(-1)
        registry.gauge("tideline_log_queue_events", help: "Events that wait for their commit.") {
            Double(queue.depth)
        }
        registry.gauge("tideline_log_wal_bytes", help: "Size of the write-ahead log in use.") {
            Double(level.bytes)
        }
    }

    func committed(_ events: Int, in duration: Duration) {
        commitSeconds.observe(duration)
        groupEvents.observe(Double(events))
    }

    func failed(_ fault: StoreFault) {
        switch fault {
        case .unavailable: unavailable.increment()
        case .full: full.increment()
        }
    }
}
