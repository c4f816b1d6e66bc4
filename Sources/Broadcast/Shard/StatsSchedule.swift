import Events

/// When each watched workspace is sampled: once an interval, the workspaces spread over it by their keys.
struct StatsSchedule {
    private var buckets: [[WorkspaceRegistry]]
    private var granularity: Int64
    private var current: Int64

    /// - Parameter interval: milliseconds between two samples of one workspace.
    init(interval: Int64, now: Int64) {
        granularity = min(Shard.tickInterval, max(interval, 1))
        buckets = Array(repeating: [], count: Int(max(interval / granularity, 1)))
        current = now / granularity
    }

    /// Goes on with another interval.
    mutating func spread(over interval: Int64, now: Int64) {
        let registries = buckets.joined()
        self = StatsSchedule(interval: interval, now: now)
        for registry in registries { set(registry, true) }
    }

    mutating func set(_ registry: WorkspaceRegistry, _ isWanted: Bool) {
        let bucket = Int(registry.key.rawValue % Int64(buckets.count))
        buckets[bucket].removeAll { $0 === registry }
        if isWanted { buckets[bucket].append(registry) }
    }

    /// Gives each workspace that has come due since the last call, once.
    mutating func takeDue(_ now: Int64, _ handle: (WorkspaceRegistry) -> Void) {
        let target = now / granularity
        let steps = min(target - current, Int64(buckets.count))
        guard steps > 0 else { return }
        for step in 1...steps {
            for registry in buckets[Int((target - steps + step) % Int64(buckets.count))] { handle(registry) }
        }
        current = target
    }
}
