package import Events
import Telemetry

/// Time: pings, ages, stalls, figures and the sweep. Nothing here runs per stream unless that stream is due.
extension Shard {
    /// Milliseconds between two calls of ``tick(now:wall:)``.
    package static let tickInterval: Int64 = 100
    /// How long a workspace without streams keeps its ring, for clients that come right back.
    private static let ringGrace: Int64 = 30_000

    /// Tells the shard the time; monotonic milliseconds decide, wall-clock milliseconds are only told to clients.
    package func tick(now: Int64, wall: Milliseconds) {
        self.now = max(self.now, now)
        self.wall = wall
        heartbeats.advance(to: self.now, &due)
        takeDue { heartbeat($0) }
        deadlines.advance(to: self.now, &due)
        takeDue { reachDeadline($0) }
        stalls.advance(to: self.now, &due)
        takeDue { checkStall($0) }
        sample()
        if now >= nextSecond {
            nextSecond = now + 1000
            retryPages()
            dropIdleSpaces()
        }
        if now >= nextSweep {
            nextSweep = now + settings.cleanupInterval.milliseconds
            sweep()
        }
    }

    private func takeDue(_ handle: (Int) -> Void) {
        guard !due.isEmpty else { return }
        var taken = due
        due = []
        for slot in taken where slots[Int(slot)].phase != .vacant { handle(Int(slot)) }
        taken.removeAll(keepingCapacity: true)
        due = taken
    }

    private func heartbeat(_ slot: Int) {
        guard let record = records[slot], slots[slot].phase != .closing else { return }
        heartbeats.schedule(Int32(slot), at: now + record.heartbeat)
        slots[slot].control.insert(.ping)
        tellPosition(slot)
        flush(slot)
    }

    /// Keeps the position of a stream fresh that moved only past events it may not see.
    private func tellPosition(_ slot: Int) {
        guard slots[slot].phase == .live, slots[slot].cursor - 1 > slots[slot].told else { return }
        slots[slot].control.insert(.position)
    }

    private func reachDeadline(_ slot: Int) {
        guard let record = records[slot] else { return }
        if slots[slot].phase == .closing { return finish(slot, .aborted) }
        if isDraining { return close(slot, .shutdown) }
        if let expiry = record.expiresAt, wall >= expiry { return close(slot, .authExpired) }
        if now >= record.ageLimit { return close(slot, .maximumAge) }
        deadlines.schedule(
            Int32(slot), at: max(deadline(ageLimit: record.ageLimit, expiresAt: record.expiresAt), now + 1))
    }

    private func checkStall(_ slot: Int) {
        guard slots[slot].isBlocked, slots[slot].phase != .closing else { return }
        let limit = slots[slot].lastProgress + settings.stallTimeout.milliseconds
        if now >= limit { return close(slot, .slowConsumer) }
        stalls.schedule(Int32(slot), at: limit)
    }

    // MARK: Figures

    /// Begins or ends the sampling of a workspace whose home this shard is. The registry is asked now, since two loops may
    /// report in another order than they changed it.
    func updateSampling(_ registry: WorkspaceRegistry) { sampling.set(registry, registry.isWatched) }

    /// Samples the workspaces that are due, once each however many watch, and hands the frames to the other loops.
    private func sample() {
        var frames: [(WorkspaceRegistry, StatsFrame)] = []
        sampling.takeDue(now) { registry in
            if let frame = hub.stats.frame(for: registry.key, at: wall) { frames.append((registry, frame)) }
        }
        guard !frames.isEmpty else { return }
        for (registry, frame) in frames { receive(frame, of: registry.key) }
        if hub.shardCount > 1 { hub.deliver(frames, except: index) }
    }

    // MARK: Sweeping

    private func dropIdleSpaces() {
        for (_, number) in spaceIndex {
            guard let idle = spaces[Int(number)]?.idleSince, now - idle >= Self.ringGrace else { continue }
            dropSpace(number)
        }
    }

    /// Ends streams that every other mechanism has missed: overdue by a minute, or silent at their socket (seed row S4-13).
    private func sweep() {
        for slot in slots.indices where slots[slot].phase != .vacant {
            guard let record = records[slot] else { continue }
            let isOverdue = now > record.ageLimit + 60_000
            let isStalled =
                slots[slot].isBlocked && now - slots[slot].lastProgress > settings.stallTimeout.milliseconds + 60_000
            if isOverdue || isStalled {
                hub.metrics.swept.increment()
                if slots[slot].phase != .closing {
                    logEnd(slot, "stale")
                    leave(slot)
                }
                finish(slot, .aborted)
            }
        }
    }
}
