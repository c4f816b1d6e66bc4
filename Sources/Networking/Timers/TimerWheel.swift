/// Names a timer that was scheduled; stale after it fired or was cancelled, and then without effect.
package struct TimerID: Hashable, Sendable {
    fileprivate let index: Int32
    fileprivate let generation: UInt32
}

/// A hierarchical timing wheel: schedule and cancel in O(1), nothing to do and nothing to wake for while it is empty.
///
/// Time is cut into ticks of 16 ms. Four levels of 64 slots stand for spans of 64, 64², 64³ and 64⁴ ticks (1 s, 65 s, 70 min,
/// 74 h). A timer lies in the lowest level in whose current round its tick falls: the level is given by the highest group of six
/// bits in which its tick differs from `elapsed`. When time reaches a slot of a higher level, its timers move down; one that is
/// further away than the whole wheel waits in the top level and is placed anew. So
/// - a timer of level 0 is due exactly at its slot's tick, and every timer of a level is later than all timers of lower levels;
/// - no timer fires early; it is late by at most one tick and what the loop was busy with.
///
/// Timers of one slot form a doubly linked list through `nodes`, so that cancelling unlinks without searching.
/// A timer scheduled while due ones are being taken is due at the next tick at the earliest: taking always ends.
package struct TimerWheel<Payload> {
    /// The length of a tick, in milliseconds: fine enough for time-outs, coarse enough that streams share wake-ups.
    package static var tickMilliseconds: Int64 { 16 }

    private static var levels: Int { 4 }
    /// The list of timers whose time has come and which were not yet taken; the lists before it are the slots.
    private static var due: Int { levels * 64 }
    /// The furthest placement that is unambiguous in the top level, in ticks.
    private static var span: Int64 { 63 << 18 }

    private struct Node {
        var payload: Payload?
        var tick: Int64
        var list: Int32
        var previous: Int32
        /// The next of its list, or the next free node.
        var next: Int32
        var generation: UInt32
    }

    private var nodes: [Node] = []
    private var firstFree: Int32 = -1
    private var heads = [Int32](repeating: -1, count: TimerWheel.due + 1)
    private var tails = [Int32](repeating: -1, count: TimerWheel.due + 1)
    /// One bit for each slot of a level that holds a timer.
    private var occupied = [UInt64](repeating: 0, count: TimerWheel.levels)
    /// The tick up to which all timers were made due.
    private var elapsed: Int64

    /// How many timers wait.
    package private(set) var count = 0

    /// - Parameter now: the time before which nothing will be scheduled.
    package init(now: MonotonicTime) {
        elapsed = now.milliseconds / Self.tickMilliseconds
    }

    /// Adds a timer; a time that has passed means the next tick.
    package mutating func schedule(_ payload: Payload, at time: MonotonicTime) -> TimerID {
        let wanted = time.milliseconds / Self.tickMilliseconds + (time.milliseconds % Self.tickMilliseconds > 0 ? 1 : 0)
        let index = takeNode(payload, tick: max(wanted, elapsed + 1))
        place(index)
        count += 1
        return TimerID(index: index, generation: nodes[Int(index)].generation)
    }

    /// Removes a timer. Without effect when it fired or was cancelled before.
    /// - Returns: whether it was waiting.
    @discardableResult package mutating func cancel(_ id: TimerID) -> Bool {
        guard nodes.indices.contains(Int(id.index)), nodes[Int(id.index)].generation == id.generation else {
            return false
        }
        _ = remove(id.index)
        return true
    }

    /// Takes one timer whose time has come, in the order of ticks; call until nil.
    package mutating func popDue(at now: MonotonicTime) -> Payload? {
        let present = now.milliseconds / Self.tickMilliseconds
        while true {
            let first = heads[Self.due]
            if first >= 0 { return remove(first) }
            guard let expiration = nextExpiration, expiration.tick <= present else {
                elapsed = max(elapsed, present)
                return nil
            }
            elapsed = expiration.tick
            moveDown(expiration.list)
        }
    }

    /// When to look again, or nil when no timer waits. May be earlier than the first timer, when timers only have to move down.
    package var nextDeadline: MonotonicTime? {
        if heads[Self.due] >= 0 { return MonotonicTime(milliseconds: elapsed * Self.tickMilliseconds) }
        return nextExpiration.map { MonotonicTime(milliseconds: $0.tick * Self.tickMilliseconds) }
    }

    /// The first slot that time will reach. Slots of a level are looked at from the one after the current to the current one,
    /// which can only hold timers of the next round.
    private var nextExpiration: (tick: Int64, list: Int)? {
        guard count > 0 else { return nil }
        for level in 0..<Self.levels where occupied[level] != 0 {
            let position = elapsed >> Int64(level * 6)
            let shift = UInt64((position + 1) & 63)
            let rotated = occupied[level] >> shift | (shift == 0 ? 0 : occupied[level] << (64 - shift))
            let next = position + 1 + Int64(rotated.trailingZeroBitCount)
            return (next << Int64(level * 6), level * 64 + Int(next & 63))
        }
        return nil
    }

    private mutating func moveDown(_ list: Int) {
        var index = heads[list]
        heads[list] = -1
        tails[list] = -1
        occupied[list / 64] &= ~(1 << UInt64(list & 63))
        while index >= 0 {
            let next = nodes[Int(index)].next
            place(index)
            index = next
        }
    }

    private mutating func place(_ index: Int32) {
        let tick = nodes[Int(index)].tick
        guard tick > elapsed else { return append(index, to: Self.due) }
        let target = min(tick, elapsed + Self.span)
        let difference = UInt64(bitPattern: target ^ elapsed)
        let level = min((63 - difference.leadingZeroBitCount) / 6, Self.levels - 1)
        let slot = Int(target >> Int64(level * 6) & 63)
        occupied[level] |= 1 << UInt64(slot)
        append(index, to: level * 64 + slot)
    }

    private mutating func append(_ index: Int32, to list: Int) {
        let last = tails[list]
        nodes[Int(index)].list = Int32(list)
        nodes[Int(index)].previous = last
        nodes[Int(index)].next = -1
        if last >= 0 { nodes[Int(last)].next = index } else { heads[list] = index }
        tails[list] = index
    }

    private mutating func remove(_ index: Int32) -> Payload? {
        let node = nodes[Int(index)]
        let list = Int(node.list)
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { heads[list] = node.next }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous } else { tails[list] = node.previous }
        if heads[list] < 0 && list < Self.due { occupied[list / 64] &= ~(1 << UInt64(list & 63)) }
        count -= 1
        nodes[Int(index)].payload = nil
        nodes[Int(index)].generation &+= 1
        nodes[Int(index)].next = firstFree
        firstFree = index
        return node.payload
    }

    private mutating func takeNode(_ payload: Payload, tick: Int64) -> Int32 {
        guard firstFree >= 0 else {
            nodes.append(Node(payload: payload, tick: tick, list: 0, previous: -1, next: -1, generation: 0))
            return Int32(nodes.count - 1)
        }
        let index = firstFree
        firstFree = nodes[Int(index)].next
        nodes[Int(index)].payload = payload
        nodes[Int(index)].tick = tick
        return index
    }
}
