import Events

/// The keys seen within (now − length, now], each with its latest time; counts them without looking at each.
///
/// Every key stands in the expiry queue, usually once, at a time not after its latest. When that time leaves the window the
/// key moves on in the queue to its latest time, or out. So a key that is touched a thousand times costs one entry.
struct RecencyWindow<Key: Hashable & Sendable>: Sendable {
    private struct State: Sendable {
        /// nil: removed, and kept only for its place in the queue.
        var latest: Milliseconds?
        /// Where the queue has it; an entry of another time is stale.
        var queuedAt: Milliseconds
    }

    private struct Expiry: Comparable, Sendable {
        let time: Milliseconds
        let key: Key

        static func < (left: Self, right: Self) -> Bool { left.time < right.time }
        static func == (left: Self, right: Self) -> Bool { left.time == right.time }
    }

    let length: Milliseconds
    /// How many keys are in the window.
    private(set) var count = 0
    private var states: [Key: State] = [:]
    private var queue = MinimumHeap<Expiry>()

    init(length: Milliseconds) { self.length = length }

    func contains(_ key: Key) -> Bool { states[key]?.latest != nil }

    /// The keys in the window with their latest times, in no order.
    var entries: [(key: Key, latest: Milliseconds)] {
        states.compactMap { key, state in state.latest.map { (key, $0) } }
    }

    /// Notes that `key` was seen at `time`, which is not after `now`; a time before the window is ignored.
    /// - Returns: whether the key is in the window only since this.
    @discardableResult
    mutating func touch(_ key: Key, at time: Milliseconds, now: Milliseconds) -> Bool {
        guard time > now - length else { return false }
        if let index = states.index(forKey: key), let latest = states.values[index].latest {
            if time > latest { states.values[index].latest = time }
            return false
        }
        enter(key, at: time)
        count += 1
        return true
    }

    /// Sets the latest time of a key in the window back to `time`, since what was later was undone.
    mutating func setBack(_ key: Key, to time: Milliseconds) {
        guard contains(key) else { return }
        enter(key, at: time)
    }

    /// Takes `key` out.
    /// - Returns: whether it was in the window.
    @discardableResult
    mutating func remove(_ key: Key) -> Bool {
        guard let index = states.index(forKey: key), states.values[index].latest != nil else { return false }
        states.values[index].latest = nil
        count -= 1
        return true
    }

    /// Drops what has left the window now, and says what it was.
    mutating func expire(now: Milliseconds) -> [Key] {
        let start = now - length
        var expired: [Key] = []
        while let entry = queue.popFirst(where: { $0.time <= start }) {
            guard let index = states.index(forKey: entry.key), states.values[index].queuedAt == entry.time else {
                continue
            }
            guard let latest = states.values[index].latest else {
                states.remove(at: index)
                continue
            }
            if latest > start {
                states.values[index].queuedAt = latest
                queue.insert(Expiry(time: latest, key: entry.key))
            } else {
                states.remove(at: index)
                count -= 1
                expired.append(entry.key)
            }
        }
        return expired
    }

    /// Sets the latest time and sees to it that the queue has the key at that time or before.
    private mutating func enter(_ key: Key, at time: Milliseconds) {
        if let index = states.index(forKey: key) {
            states.values[index].latest = time
            guard states.values[index].queuedAt > time else { return }
            states.values[index].queuedAt = time
        } else {
            states[key] = State(latest: time, queuedAt: time)
        }
        queue.insert(Expiry(time: time, key: key))
    }
}
