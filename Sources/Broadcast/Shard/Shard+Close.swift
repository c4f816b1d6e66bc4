package import Events
import Telemetry

/// Ending streams: the frame begun is finished, `closing` says why, the body ends cleanly.
extension Shard {
    /// Closes the streams of a workspace, or those of `users` in it.
    /// - Returns: how many.
    package func closeAll(
        of workspace: WorkspaceKey, users: Set<UserID>? = nil, reason: CloseReason,
        hold: WorkspaceRegistry.Hold? = nil, holdMilliseconds: Int64 = 0
    ) -> Int {
        guard let number = spaceIndex[workspace], let space = spaces[Int(number)] else { return 0 }
        let chosen = space.members.filter { slot in
            guard let users else { return true }
            return records[Int(slot)].map { users.contains($0.user) } ?? false
        }
        if let hold { space.registry.hold(Set(chosen.compactMap { records[Int($0)]?.user }), hold) }
        for slot in chosen {
            close(Int(slot), reason, retry: retry(hold, holdMilliseconds))
        }
        return chosen.count
    }

    /// What a closed client is told to wait: the hold, so that it is let in when it returns. One closed for good returns
    /// soon, so that it meets the 204 that ends it; behind the hold it would be let in.
    func retry(_ hold: WorkspaceRegistry.Hold?, _ holdMilliseconds: Int64) -> Int {
        let jitter = jitter(settings.retry)
        guard let hold, !hold.isFinal else { return jitter }
        return Int(holdMilliseconds) + jitter
    }

    /// Ends all streams, each at a random moment of `window`; new ones are turned away.
    package func drain(over window: Duration) {
        isDraining = true
        let width = UInt64(max(window.milliseconds, 1))
        for slot in slots.indices where slots[slot].phase == .live || slots[slot].phase == .fetching {
            deadlines.schedule(Int32(slot), at: now + Int64(random.below(width)))
        }
    }

    /// Gives back the place that ``admit(_:to:)`` took, when the stream could not be opened after all.
    package func abandonAdmission() { hub.release() }

    /// Ends a connection that never became a stream: its last words at once, then its end.
    package func farewell(_ reason: CloseReason, on transport: any StreamTransport, isChunked: Bool) {
        var bytes = ContiguousArray<UInt8>()
        let words = ControlFrames.closing(reason, retry: jitter(settings.retry))
        if isChunked {
            ChunkFraming.append(to: &bytes) { $0.append(contentsOf: words) }
            bytes.append(contentsOf: ChunkFraming.last)
        } else {
            bytes.append(contentsOf: words)
        }
        gather.reset(cursor: 0)
        let local = LocalBytes(bytes)
        gather.add(.closing(local), local, 0..<local.count)
        _ = gather.write(to: transport)
        gather.clear()
        transport.close(.finished)
    }

    /// Says `closing` and ends the stream; a blocked one has `streams.linger` to take its last words.
    func close(_ slot: Int, _ reason: CloseReason, retry: Int? = nil) {
        guard slots[slot].phase == .live || slots[slot].phase == .fetching else { return }
        hub.metrics.closed[reason]?.increment()
        logEnd(slot, reason.rawValue)
        leave(slot)
        if slots[slot].page >= 0 {
            pages.remove(slots[slot].page)
            slots[slot].page = -1
        }
        slots[slot].phase = .closing
        slots[slot].control = [.closing]
        records[slot]?.closing = (reason, retry ?? jitter(settings.retry))
        heartbeats.cancel(Int32(slot))
        stalls.cancel(Int32(slot))
        deadlines.schedule(Int32(slot), at: now + settings.linger.milliseconds)
        flush(slot)
    }

    /// The connection broke while it was written to.
    func drop(_ slot: Int) {
        hub.metrics.dropped.increment()
        if slots[slot].phase != .closing {
            logEnd(slot, "client", error: "write failed")
            leave(slot)
        }
        finish(slot, .aborted)
    }

    /// Notes that a stream ends, once for each and while it still belongs to its workspace (seed row S4-17).
    func logEnd(_ slot: Int, _ reason: String, error: String? = nil) {
        guard let record = records[slot], let space = spaces[Int(slots[slot].space)] else { return }
        let connection = connectionID(slot)
        let (user, workspace) = (record.user.text, space.registry.id.text)
        let age = Duration.milliseconds(wall - record.openedAt)
        if let error {
            hub.log.debug(
                "stream failed",
                [
                    "connection": .string(connection), "workspace": .string(workspace), "user": .string(user),
                    "error": .string(error),
                ])
        }
        hub.log.debug(
            "stream closed",
            [
                "connection": .string(connection), "workspace": .string(workspace), "user": .string(user),
                "reason": .string(reason), "age.ms": .duration(age),
            ])
    }

    /// Hands the connection back and forgets the stream.
    func finish(_ slot: Int, _ how: StreamEnding) {
        let transport = records[slot]?.transport
        freeSlot(slot)
        transport?.close(how)
    }

    /// Takes the stream out of its workspace's list and census; a closing stream is in none.
    func leave(_ slot: Int) {
        guard slots[slot].phase == .live || slots[slot].phase == .fetching, let record = records[slot],
            let space = spaces[Int(slots[slot].space)]
        else { return }
        let place = Int(slots[slot].place)
        let last = space.members.removeLast()
        if Int(last) != slot {
            space.members[place] = last
            slots[Int(last)].place = Int32(place)
        }
        // The stream that moved into the gap may not have been visited: the lap begins anew.
        if space.walkRemaining > 0 { space.walkRemaining = space.members.count }
        space.release(filter: slots[slot].filter)
        let isUnwatched = space.registry.leave(
            user: record.user, filter: record.pattern, wantsEvents: slots[slot].wantsEvents,
            wantsStats: slots[slot].wantsStats, isCounted: record.isCounted)
        if isUnwatched { hub.watchersChanged(space.registry) }
        if space.members.isEmpty { space.idleSince = now }
    }
}
