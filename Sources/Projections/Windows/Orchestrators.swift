import Events

/// Which orchestrators are at work: started and not stopped by the order of the log, with a sign of life in the window.
struct Orchestrators: Sendable {
    /// Started, not stopped; also those that have been silent for long, since a heartbeat brings them back.
    private(set) var running: Set<EntityID> = []
    private(set) var beats: RecencyWindow<EntityID>
    /// How many of `running` are in `beats`.
    private(set) var activeCount = 0

    init(window: Milliseconds) { beats = RecencyWindow(length: window) }

    mutating func start(_ id: EntityID) {
        if running.insert(id).inserted, beats.contains(id) { activeCount += 1 }
    }

    mutating func stop(_ id: EntityID) {
        if running.remove(id) != nil, beats.contains(id) { activeCount -= 1 }
    }

    /// A start or heartbeat whose time has come.
    mutating func beat(_ id: EntityID, at time: Milliseconds, now: Milliseconds) {
        if beats.touch(id, at: time, now: now), running.contains(id) { activeCount += 1 }
    }

    mutating func expire(now: Milliseconds) {
        for id in beats.expire(now: now) where running.contains(id) { activeCount -= 1 }
    }
}
