package import Events

/// What an administrator asks of single streams. Everything is read when it is asked; nothing is kept for it.
extension Shard {
    /// The oldest streams of a workspace, and how many there are.
    /// - Parameters:
    ///   - user: only this user's; nil: everyone's.
    ///   - limit: bounds the summaries, each of which costs a system call.
    package func summaries(
        of workspace: WorkspaceKey, user: UserID? = nil, limit: Int
    ) -> (streams: [StreamSummary], total: Int) {
        // Closing streams are in no workspace's list any more: all slots are looked at, a few dozen bytes each.
        var found: [(openedAt: Milliseconds, slot: Int)] = []
        for slot in slots.indices where slots[slot].phase != .vacant {
            guard let record = records[slot], record.workspace == workspace else { continue }
            if let user, record.user != user { continue }
            found.append((record.openedAt, slot))
        }
        let total = found.count
        if total > limit { found.sort { $0 < $1 } }
        return (found.prefix(limit).compactMap { summary($0.slot) }, total)
    }

    private func summary(_ slot: Int) -> StreamSummary? {
        guard let record = records[slot], let registry = hub.registry(of: record.workspace) else { return nil }
        let head = registry.headPosition
        let reached = slots[slot].cursor - 1
        let wantsEvents = slots[slot].wantsEvents
        var lagBytes = slots[slot].partial < 0 ? 0 : partials[slots[slot].partial].range.count
        if wantsEvents, let number = spaceIndex[record.workspace], let space = spaces[Int(number)] {
            lagBytes += space.ring.lag(from: slots[slot].cursor)
        }
        let token = StreamToken(slot: Int32(slot), generation: slots[slot].generation)
        return StreamSummary(
            place: ConnectionIDs.Place(shard: index, token: token), connectionID: connectionID(token),
            user: record.user, address: record.address, openedAt: record.openedAt,
            age: max(wall - record.openedAt, 0), filter: record.pattern, wantsStats: slots[slot].wantsStats,
            wantsEvents: wantsEvents, position: StreamPosition(epoch: head.epoch, sequence: reached),
            lagEvents: wantsEvents ? max(head.sequence - reached, 0) : 0, lagBytes: lagBytes,
            unsentBytes: record.transport.unsentBytes, state: state(slot))
    }

    private func state(_ slot: Int) -> StreamSummary.State {
        switch slots[slot].phase {
        case .live: .live
        case .fetching: .replaying
        case .closing: .closing
        case .vacant: preconditionFailure("a vacant slot has no state")
        }
    }

    /// Closes one stream as ``closeAll(of:users:reason:hold:holdMilliseconds:)`` does many.
    /// - Parameter hold: keeps its user out, whose other streams go on; nil: the client may come right back.
    /// - Returns: whose stream it was; nil where the workspace has no such stream, whatever another one has.
    package func close(
        _ token: StreamToken, of workspace: WorkspaceKey, hold: WorkspaceRegistry.Hold?, holdMilliseconds: Int64
    ) -> UserID? {
        guard let slot = find(token), let record = records[slot], record.workspace == workspace else { return nil }
        if let hold { hub.registry(of: workspace)?.hold([record.user], hold) }
        close(slot, .admin, retry: retry(hold, holdMilliseconds))
        return record.user
    }
}
