package import Events
import Telemetry

/// Receiving blocks and figures, and walking the streams that are owed them.
extension Shard {
    /// Takes the committed blocks of one group. The streams are served by ``walk(budget:)`` after the turn, so that all that
    /// arrived together leaves together.
    package func receive(_ blocks: [FrameBlock]) {
        for block in blocks {
            guard let number = spaceIndex[block.workspace], let space = spaces[Int(number)] else { continue }
            let before = space.ring.cost
            _ = space.ring.append(RingNode(block))
            ringBytes += space.ring.cost - before
            startWalk(number, space)
        }
        if ringBytes > ringBudget { evict() }
    }

    /// Takes the figures that the home loop sampled.
    package func receive(_ frame: StatsFrame, of workspace: WorkspaceKey) {
        guard let number = spaceIndex[workspace], let space = spaces[Int(number)] else { return }
        space.stats = LocalBytes(frame.bytes)
        space.statsVersion &+= 1
        startWalk(number, space)
    }

    private func startWalk(_ number: Int32, _ space: ShardSpace) {
        space.walkRemaining = space.members.count
        guard !space.isWalking, space.walkRemaining > 0 else { return }
        space.isWalking = true
        walking.append(number)
    }

    /// Serves up to `budget` streams, workspace by workspace; the loop looks at its sockets in between.
    /// - Returns: whether streams are left to serve.
    package func walk(budget: Int) -> Bool {
        var left = budget
        serveUnfinished(&left)
        while left > 0, let number = walking.first {
            guard let space = spaces[Int(number)] else {
                walking.removeFirst()
                continue
            }
            while left > 0, space.walkRemaining > 0, !space.members.isEmpty {
                if space.walkAt >= space.members.count { space.walkAt = 0 }
                let slot = Int(space.members[space.walkAt])
                space.walkAt += 1
                space.walkRemaining -= 1
                left -= 1
                visit(slot, space)
            }
            if space.walkRemaining > 0, !space.members.isEmpty { break }
            space.isWalking = false
            walking.removeFirst()
        }
        return !walking.isEmpty || !unfinished.isEmpty
    }

    private func serveUnfinished(_ left: inout Int) {
        guard !unfinished.isEmpty else { return }
        let tokens = unfinished
        unfinished.removeAll(keepingCapacity: true)
        for token in tokens {
            guard let slot = find(token) else { continue }
            left -= 1
            flush(slot)
        }
    }

    private func visit(_ slot: Int, _ space: ShardSpace) {
        guard slots[slot].isBlocked else { return flush(slot) }
        if slots[slot].phase == .live, slots[slot].wantsEvents,
            space.ring.lag(from: slots[slot].cursor) > settings.outboxBytes
        {
            close(slot, .slowConsumer)
        }
    }

    /// The stream's socket takes bytes again.
    package func writable(_ token: StreamToken) {
        guard let slot = find(token), slots[slot].isBlocked else { return }
        slots[slot].isBlocked = false
        slots[slot].lastProgress = now
        if slots[slot].phase != .closing { stalls.cancel(token.slot) }
        flush(slot)
    }

    /// The stream's connection is gone.
    /// - Parameter error: what broke it; nil: the client went away in order.
    package func closed(_ token: StreamToken, error: String? = nil) {
        guard let slot = find(token) else { return }
        hub.metrics.dropped.increment()
        if slots[slot].phase != .closing { logEnd(slot, "client", error: error) }
        leave(slot)
        freeSlot(slot)
    }

    /// Keeps the rings within the budget: workspaces without streams first, then the oldest blocks of the largest ring.
    func evict() {
        let idle = spaceIndex.values.filter { spaces[Int($0)]?.idleSince != nil }
            .sorted { (spaces[Int($0)]?.idleSince ?? 0) < (spaces[Int($1)]?.idleSince ?? 0) }
        for number in idle where ringBytes > ringBudget { dropSpace(number) }
        while ringBytes > ringBudget {
            let largest = spaceIndex.values.max {
                (spaces[Int($0)]?.ring.cost ?? 0) < (spaces[Int($1)]?.ring.cost ?? 0)
            }
            guard let largest, let space = spaces[Int(largest)], space.ring.count > 1 else { return }
            // A sixteenth at a time, so that the search for the largest ring is rare.
            let target = space.ring.cost - max(space.ring.cost / 16, 1)
            while space.ring.cost > target, space.ring.count > 1 { ringBytes -= space.ring.evictOldest() }
        }
    }
}
