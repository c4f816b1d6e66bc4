import Events

/// The bytes that are made for one stream, or once per turn for all.
extension Shard {
    /// `connected`, `reset` and the id-only block, whichever are due, as one run of bytes.
    func controlBytes(_ slot: Int, _ control: ControlSet, _ space: ShardSpace) -> LocalBytes {
        guard let record = records[slot] else { preconditionFailure("an open slot has a record") }
        let epoch = space.registry.epoch
        let position = StreamPosition(epoch: epoch, sequence: slots[slot].cursor - 1)
        var plain: [UInt8] = []
        if control.contains(.connected) {
            plain += ControlFrames.connected(
                connection: connectionID(slot), workspace: space.registry.id, at: record.openedAt,
                retry: record.opening.retry, heartbeat: Int(record.heartbeat),
                position: record.opening.isFresh ? position : nil)
        }
        if control.contains(.reset), let reason = record.opening.reset {
            plain += ControlFrames.reset(
                reason, head: position, next: next(after: reason, record.opening.resumedFrom, space.registry, position))
        }
        if control.contains(.position) { plain += ControlFrames.position(position) }
        return framed(plain, slot)
    }

    /// From where `GET …/events?after=` can still give what the stream will not bring.
    private func next(
        after reason: ResetReason, _ resumedFrom: StreamPosition?, _ registry: WorkspaceRegistry,
        _ head: StreamPosition
    ) -> StreamPosition {
        switch reason {
        case .tooFar: resumedFrom ?? head
        case .pruned, .epoch: StreamPosition(epoch: head.epoch, sequence: registry.floor)
        case .ahead: head
        }
    }

    /// `closing` and the end of the body.
    func closingBytes(_ slot: Int) -> LocalBytes {
        guard let closing = records[slot]?.closing else { preconditionFailure("a closing slot knows why") }
        let bytes = framed(ControlFrames.closing(closing.reason, retry: closing.retry), slot)
        return bytes
    }

    /// `plain` as this stream is sent it: one chunk (and after `closing` the last chunk), or as it is.
    private func framed(_ plain: [UInt8], _ slot: Int) -> LocalBytes {
        guard slots[slot].isChunked else { return LocalBytes(ContiguousArray(plain)) }
        var bytes = ContiguousArray<UInt8>()
        ChunkFraming.append(to: &bytes) { $0.append(contentsOf: plain) }
        if slots[slot].phase == .closing { bytes.append(contentsOf: ChunkFraming.last) }
        return LocalBytes(bytes)
    }

    /// The `ping` of this turn, one for all streams.
    func pingBytes() -> LocalBytes {
        if let ping, ping.wall == wall { return ping.bytes }
        var bytes = ContiguousArray<UInt8>()
        ChunkFraming.append(to: &bytes) { $0.append(contentsOf: ControlFrames.ping(at: wall)) }
        let made = LocalBytes(bytes)
        ping = (wall, made)
        return made
    }

    /// Figures sampled now, wrapped once for all streams that open in the same second.
    func freshStats(_ space: ShardSpace) -> LocalBytes? {
        guard let frame = hub.stats.frame(for: space.registry.key, at: wall) else { return nil }
        if let fresh = space.fresh, fresh.frame === frame { return fresh.bytes }
        let bytes = LocalBytes(frame.bytes)
        space.fresh = (frame, bytes)
        return bytes
    }
}
