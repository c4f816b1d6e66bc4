/// A timer wheel over slots: one appointment a slot, O(1) to make and to cancel, and nothing allocated for it.
///
/// Heartbeats, ages and stalls of all streams of a shard share three of these; no stream has a timer of its own.
/// Time is in ticks of `granularity` milliseconds; an appointment is kept at the first ``advance(to:_:)`` at or after it.
struct SlotWheel {
    private static let none: Int32 = -1

    private let granularity: Int64
    /// First slot of each bucket's list.
    private var heads: ContiguousArray<Int32>
    private var links: ContiguousArray<Link> = []
    private var current: Int64
    /// Appointments made and not kept.
    private(set) var count = 0

    private struct Link {
        var next = SlotWheel.none
        var previous = SlotWheel.none
        /// −1: no appointment.
        var tick: Int64 = -1
    }

    init(granularity: Int64, buckets: Int, now: Int64) {
        self.granularity = granularity
        heads = ContiguousArray(repeating: Self.none, count: buckets)
        current = now / granularity
    }

    /// Makes or moves the appointment of `slot` to `time`, in milliseconds.
    mutating func schedule(_ slot: Int32, at time: Int64) {
        cancel(slot)
        let index = Int(slot)
        if index >= links.count {
            links.append(contentsOf: repeatElement(Link(), count: index + 1 - links.count))
        }
        let tick = max((time + granularity - 1) / granularity, current + 1)
        let bucket = Int(tick % Int64(heads.count))
        links[index] = Link(next: heads[bucket], previous: Self.none, tick: tick)
        if heads[bucket] != Self.none { links[Int(heads[bucket])].previous = slot }
        heads[bucket] = slot
        count += 1
    }

    mutating func cancel(_ slot: Int32) {
        let index = Int(slot)
        guard index < links.count, links[index].tick >= 0 else { return }
        let link = links[index]
        if link.previous != Self.none {
            links[Int(link.previous)].next = link.next
        } else {
            heads[Int(link.tick % Int64(heads.count))] = link.next
        }
        if link.next != Self.none { links[Int(link.next)].previous = link.previous }
        links[index] = Link()
        count -= 1
    }

    /// Moves time on and gives each slot whose appointment is due; it has none afterwards.
    mutating func advance(to time: Int64, _ due: inout ContiguousArray<Int32>) {
        let target = time / granularity
        guard count > 0 else {
            current = max(current, target)
            return
        }
        // After a long pause one lap over the buckets finds everything.
        let laps = min(target - current, Int64(heads.count))
        guard laps > 0 else { return }
        for step in 1...laps {
            var slot = heads[Int((target - laps + step) % Int64(heads.count))]
            while slot != Self.none {
                let link = links[Int(slot)]
                if link.tick <= target {
                    cancel(slot)
                    due.append(slot)
                }
                slot = link.next
            }
        }
        current = target
    }
}
