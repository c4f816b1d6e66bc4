import Events

/// How many streams are open in one workspace, by user and by what they asked for.
struct StreamCensus {
    private(set) var connections = 0
    private var users: [UserID: Int] = [:]
    /// The same without operators, who are in no figure.
    private var people: [UserID: Int] = [:]
    /// Streams that want events, by filter; most workspaces have one entry.
    private var filters: [TypeFilter?: Int] = [:]
    /// The same by user, for events that only some may see.
    private var filtersByUser: [UserID: [TypeFilter?: Int]] = [:]

    var connectedPeople: [UserID] { Array(people.keys) }

    func connections(of user: UserID) -> Int { users[user] ?? 0 }

    mutating func enter(_ user: UserID, filter: TypeFilter?, wantsEvents: Bool, isCounted: Bool) {
        connections += 1
        users[user, default: 0] += 1
        if isCounted { people[user, default: 0] += 1 }
        guard wantsEvents else { return }
        filters[filter, default: 0] += 1
        filtersByUser[user, default: [:]][filter, default: 0] += 1
    }

    mutating func leave(_ user: UserID, filter: TypeFilter?, wantsEvents: Bool, isCounted: Bool) {
        connections -= 1
        Self.decrement(&users, user)
        if isCounted { Self.decrement(&people, user) }
        guard wantsEvents else { return }
        Self.decrement(&filters, filter)
        guard var own = filtersByUser[user] else { return }
        Self.decrement(&own, filter)
        filtersByUser[user] = own.isEmpty ? nil : own
    }

    /// - Parameter members: nil: everyone.
    func entitled(to type: EventType, members: [UserID]?) -> Int {
        guard let members else { return Self.matching(filters, type) }
        return members.reduce(0) { $0 + (filtersByUser[$1].map { Self.matching($0, type) } ?? 0) }
    }

    private static func matching(_ counts: [TypeFilter?: Int], _ type: EventType) -> Int {
        counts.reduce(0) { sum, entry in
            guard let filter = entry.key else { return sum + entry.value }
            return filter.matches(type) ? sum + entry.value : sum
        }
    }

    private static func decrement<Key: Hashable>(_ counts: inout [Key: Int], _ key: Key) {
        guard let count = counts[key] else { preconditionFailure("a stream leaves that never entered") }
        counts[key] = count == 1 ? nil : count - 1
    }
}
