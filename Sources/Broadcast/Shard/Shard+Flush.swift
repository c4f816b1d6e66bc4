import Events
import Telemetry

/// Writing: one `writev` a stream a wake-up, and bookkeeping of what the socket took.
extension Shard {
    /// How many full writes one stream may make in a row before others have their turn.
    private static let maximumWrites = 4

    /// Sends what the stream is owed, as far as its socket takes it.
    func flush(_ slot: Int) {
        guard !slots[slot].isBlocked else { return }
        for _ in 0..<Self.maximumWrites {
            collect(slot)
            defer { gather.clear() }
            if gather.isEmpty {
                let hasMoved = slots[slot].cursor != gather.cursor
                slots[slot].cursor = gather.cursor
                // A page that holds nothing for this stream is passed over; the next one may.
                if hasMoved, slots[slot].phase == .fetching { continue }
                return
            }
            guard let transport = records[slot]?.transport else { preconditionFailure("an open slot has a record") }
            let written = gather.write(to: transport)
            guard written >= 0 else { return drop(slot) }
            hub.metrics.writes.increment()
            hub.metrics.bytes.increment(by: written)
            let offered = gather.byteCount
            let hadRoom = gather.hasRoom
            let didFinish = settle(slot, written)
            if didFinish { return }
            if written < offered {
                slots[slot].isBlocked = true
                slots[slot].lastProgress = now
                stalls.schedule(Int32(slot), at: now + settings.stallTimeout.milliseconds)
                return
            }
            if hadRoom, slots[slot].phase != .fetching, slots[slot].control.isEmpty { return }
        }
        unfinished.append(StreamToken(slot: Int32(slot), generation: slots[slot].generation))
    }

    // MARK: What is owed

    /// Puts together the next write: rest of the frame begun, control, newest stats, events.
    private func collect(_ slot: Int) {
        gather.reset(cursor: slots[slot].cursor)
        if slots[slot].partial >= 0 {
            let partial = partials[slots[slot].partial]
            gather.add(.partial, partial.bytes, partial.range)
        }
        if slots[slot].phase == .closing {
            // It has left its workspace, which may be gone by now.
            guard slots[slot].control.contains(.closing) else { return }
            let bytes = closingBytes(slot)
            return gather.add(.closing(bytes), bytes, 0..<bytes.count)
        }
        guard let space = spaces[Int(slots[slot].space)] else { preconditionFailure("an open slot has a workspace") }
        if !slots[slot].control.isEmpty { collectControl(slot, space) }
        if slots[slot].wantsStats, slots[slot].statsVersion != space.statsVersion, let stats = space.stats,
            !slots[slot].control.contains(.freshStats)
        {
            gather.add(.stats(stats, isFresh: false), stats, content(of: stats, slot))
        }
        guard slots[slot].wantsEvents else {
            gather.cursor = max(gather.cursor, space.ring.next)
            return
        }
        collectEvents(slot, space)
    }

    private func collectControl(_ slot: Int, _ space: ShardSpace) {
        let control = slots[slot].control
        let own = control.intersection([.connected, .reset, .position])
        if !own.isEmpty {
            let bytes = controlBytes(slot, own, space)
            gather.add(.control(bytes, own), bytes, 0..<bytes.count)
        }
        if control.contains(.freshStats), let fresh = freshStats(space) {
            gather.add(.stats(fresh, isFresh: true), fresh, content(of: fresh, slot))
        }
        if control.contains(.ping) {
            let ping = pingBytes()
            gather.add(.ping(ping), ping, content(of: ping, slot))
        }
    }

    /// The bytes of a shared chunk that this stream is sent: with its framing, or without on a close-delimited one.
    private func content(of bytes: LocalBytes, _ slot: Int) -> Range<Int> {
        slots[slot].isChunked
            ? 0..<bytes.count : ChunkFraming.prefixLength..<(bytes.count - ChunkFraming.suffixLength)
    }

    private func collectEvents(_ slot: Int, _ space: ShardSpace) {
        while gather.hasRoom {
            if slots[slot].page >= 0 {
                let page = pages[slots[slot].page]
                if gather.cursor < page.block.end {
                    collect(from: page, slot, space)
                    continue
                }
                // The page is let go of once all of it has left: a socket that takes less comes back to it.
                guard slots[slot].cursor >= page.block.end else { return }
                pages.remove(slots[slot].page)
                slots[slot].page = -1
            }
            if gather.cursor >= space.ring.next {
                if slots[slot].phase == .fetching, !slots[slot].isAwaitingPage { slots[slot].phase = .live }
                return
            }
            guard let found = space.ring.locate(gather.cursor) else {
                // Everything before the hole is sent first: the page is asked for once the cursor stands at it.
                if gather.cursor == slots[slot].cursor { requestPage(slot, space, at: gather.cursor) }
                return
            }
            if slots[slot].phase == .fetching { slots[slot].phase = .live }
            collect(from: space.ring.node(at: found), slot, space)
        }
    }

    /// Adds the frames of `node` from the cursor on that the stream may see, as few vectors as possible.
    private func collect(from node: RingNode, _ slot: Int, _ space: ShardSpace) {
        let entries = node.block.entries
        var entry = node.index(of: gather.cursor)
        let isChunked = slots[slot].isChunked
        let seesAll = node.isPublic && slots[slot].filter < 0
        while entry < entries.count, gather.hasRoom {
            guard seesAll || isVisible(node, entry, slot, space) else {
                entry += 1
                continue
            }
            let first = entry
            let start = entries[first].start
            let room = Gather.maximumBytes - gather.byteCount
            var end = start + entries[first].length
            if isChunked, seesAll, node.bytes.count - start <= room {
                entry = entries.count - 1
                end = node.bytes.count
            } else if isChunked {
                while entry + 1 < entries.count, end - start < room,
                    seesAll || isVisible(node, entry + 1, slot, space)
                {
                    entry += 1
                    end = entries[entry].start + entries[entry].length
                }
            }
            let range =
                isChunked
                ? start..<end : (start + ChunkFraming.prefixLength)..<(end - ChunkFraming.suffixLength)
            gather.add(
                .frames(node, from: first, through: entry, start: range.lowerBound), node.bytes, range)
            entry += 1
        }
        gather.cursor = node.block.first + SequenceNumber(entry)
    }

    /// Whether the stream may see an entry: its audience, and its own filter.
    private func isVisible(_ node: RingNode, _ entry: Int, _ slot: Int, _ space: ShardSpace) -> Bool {
        let audience = node.block.entries[entry].audience
        if audience >= 0, !node.block.audiences[Int(audience)].contains(slots[slot].user) { return false }
        let filter = slots[slot].filter
        guard let pattern = space.pattern(filter) else { return true }
        return node.passes(entry, filter: filter, as: pattern)
    }

    // MARK: What was taken

    /// Moves the stream on by `written` bytes of what was gathered.
    /// - Returns: whether the stream ended with it.
    private func settle(_ slot: Int, _ written: Int) -> Bool {
        var left = written
        var wasCut = false
        for (index, part) in gather.parts.enumerated() {
            let length = gather.length(index)
            let taken = min(left, length)
            left -= taken
            if taken == 0 {
                wasCut = true
                break
            }
            settle(slot, part, taken: taken, of: length)
            if taken < length {
                wasCut = true
                break
            }
        }
        if slots[slot].phase == .closing, slots[slot].control.isEmpty, slots[slot].partial < 0 {
            finish(slot, .finished)
            return true
        }
        if !wasCut { slots[slot].cursor = gather.cursor }
        if slots[slot].replayed > settings.replayLimit { reset(slot, .tooFar) }
        return false
    }

    private func settle(_ slot: Int, _ part: Gather.Part, taken: Int, of length: Int) {
        switch part {
        case .partial:
            let index = slots[slot].partial
            if taken == length {
                partials.remove(index)
                slots[slot].partial = -1
            } else {
                let range = partials[index].range
                partials[index].range = (range.lowerBound + taken)..<range.upperBound
            }
        case .control(let bytes, let sent):
            slots[slot].control.subtract(sent)
            if sent.contains(.position) || sent.contains(.reset) { slots[slot].told = slots[slot].cursor - 1 }
            keepRest(slot, bytes, (taken..<length))
        case .stats(let bytes, let isFresh):
            if isFresh {
                slots[slot].control.remove(.freshStats)
            } else if let space = spaces[Int(slots[slot].space)] {
                hub.metrics.conflated.increment(by: Int(space.statsVersion &- slots[slot].statsVersion) - 1)
                slots[slot].statsVersion = space.statsVersion
            }
            let start = content(of: bytes, slot).lowerBound
            keepRest(slot, bytes, (start + taken)..<(start + length))
        case .ping(let bytes):
            slots[slot].control.remove(.ping)
            let start = content(of: bytes, slot).lowerBound
            keepRest(slot, bytes, (start + taken)..<(start + length))
        case .frames(let node, let from, let through, let start):
            settle(slot, node, from: from, through: through, start: start, taken: taken, of: length)
        case .closing(let bytes):
            // The slot is freed once the rest is gone: the partial ends the stream.
            slots[slot].control.remove(.closing)
            keepRest(slot, bytes, (taken..<length))
        }
    }

    /// Moves the cursor over the frames that left; one cut in the middle becomes the stream's partial.
    private func settle(
        _ slot: Int, _ node: RingNode, from: Int, through: Int, start: Int, taken: Int, of length: Int
    ) {
        let entries = node.block.entries
        var last = through
        if taken < length {
            // The last entry of which at least one byte has left.
            var low = from
            var high = through
            while low < high {
                let middle = (low + high + 1) / 2
                if entries[middle].start < start + taken { low = middle } else { high = middle - 1 }
            }
            last = low
            let end =
                slots[slot].isChunked
                ? entries[last].start + entries[last].length : start + length
            keepRest(slot, node.bytes, (start + taken)..<end)
        }
        hub.metrics.deliveries.increment(by: last - from + 1)
        slots[slot].cursor = node.block.first + SequenceNumber(last + 1)
        slots[slot].told = slots[slot].cursor - 1
        if slots[slot].page >= 0 { slots[slot].replayed += taken }
    }

    private func keepRest(_ slot: Int, _ bytes: LocalBytes, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        slots[slot].partial = partials.insert(Partial(bytes: bytes, range: range))
    }
}
