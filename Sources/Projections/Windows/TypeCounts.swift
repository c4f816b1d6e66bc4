import Events

/// How many events of each type the workspace's local day has.
///
/// Types get their own count in the order in which the **log** first has them among the events of that day, whether or not
/// their time has come, up to `maximumTypes`; the rest is `other`. So who is named follows from the log alone.
///
/// Beside the day's table there is one for each quarter of an hour, as far back as a day may reach: local days begin at
/// quarters in every zone in use, so the tables of a day that begins, or of another zone's day, are the sum of theirs.
/// A quarter names eight times as many types. Only beyond that, and only after a change of zone, may a named type have
/// part of its count under `other`, until the day ends.
struct TypeCounts: Sendable {
    struct Tally: Sendable, Equatable {
        /// The seq of the first event.
        let first: SequenceNumber
        /// Events whose time has come.
        var count: Int
    }

    struct Quarter: Sendable {
        var types: [EventType: Tally] = [:]
        var other = 0
    }

    static let quarterLength: Milliseconds = 900_000

    let maximumTypes: Int
    private(set) var day: Range<Milliseconds>
    /// The types of the day that have their own count, 0 included.
    private(set) var named: [EventType: Int] = [:]
    private(set) var other = 0
    private(set) var quarters: [Int64: Quarter] = [:]
    /// The keys of `named`, by text.
    private var order: [EventType] = []
    /// Quarters before this one are gone.
    private var first = Int64.min

    init(maximumTypes: Int, day: Range<Milliseconds>) {
        self.maximumTypes = maximumTypes
        self.day = day
    }

    static func quarter(of time: Milliseconds) -> Int64 { time.floorDivided(by: quarterLength) }

    /// Types with a count, by text, `other` last.
    var counts: [LiveStats.EventCount] {
        var counts: [LiveStats.EventCount] = []
        counts.reserveCapacity(order.count + 1)
        for type in order {
            if let count = named[type], count > 0 { counts.append(LiveStats.EventCount(type: type.text, count: count)) }
        }
        if other > 0 { counts.append(LiveStats.EventCount(type: LiveStats.otherTypes, count: other)) }
        return counts
    }

    /// Notes an event of the log, in seq order, before its time has come.
    mutating func note(_ type: EventType, at time: Milliseconds, sequence: SequenceNumber) {
        if day.contains(time), named[type] == nil, named.count < maximumTypes { name(type, count: 0) }
        let quarter = Self.quarter(of: time)
        guard quarter >= first, quarters[quarter]?.types[type] == nil,
            quarters[quarter]?.types.count ?? 0 < maximumTypes * 8
        else { return }
        quarters[quarter, default: Quarter()].types[type] = Tally(first: sequence, count: 0)
    }

    /// Counts a noted event whose time has come.
    mutating func count(_ type: EventType, at time: Milliseconds) {
        if day.contains(time) {
            if let index = named.index(forKey: type) { named.values[index] += 1 } else { other += 1 }
        }
        let quarter = Self.quarter(of: time)
        guard quarter >= first else { return }
        if quarters[quarter]?.types[type] == nil {
            quarters[quarter, default: Quarter()].other += 1
        } else {
            quarters[quarter]?.types[type]?.count += 1
        }
    }

    /// Begins another day, also when the zone changes.
    mutating func begin(_ day: Range<Milliseconds>) {
        self.day = day
        var tallies: [EventType: Tally] = [:]
        named = [:]
        order = []
        other = 0
        for (quarter, counts) in quarters where day.contains(quarter * Self.quarterLength) {
            other += counts.other
            for (type, tally) in counts.types {
                let known = tallies[type]
                tallies[type] = Tally(
                    first: min(tally.first, known?.first ?? .max), count: tally.count + (known?.count ?? 0))
            }
        }
        for (type, tally) in tallies.sorted(by: { $0.value.first < $1.value.first }) {
            if named.count < maximumTypes { name(type, count: tally.count) } else { other += tally.count }
        }
    }

    mutating func evict(before time: Milliseconds) {
        let next = Self.quarter(of: time)
        guard next > first else { return }
        first = next
        quarters = quarters.filter { $0.key >= next }
    }

    /// Puts back what ``named``, ``other`` and ``quarters`` were.
    mutating func restore(named: [(EventType, Int)], other: Int, quarters: [Int64: Quarter]) {
        self.named = [:]
        order = []
        for (type, count) in named { name(type, count: count) }
        self.other = other
        self.quarters = quarters
    }

    private mutating func name(_ type: EventType, count: Int) {
        named[type] = count
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if order[middle].text < type.text { low = middle + 1 } else { high = middle }
        }
        order.insert(type, at: low)
    }
}
