package import ServerSentEvents

/// One thing on its way to a feed's reader.
package enum Delivery: Sendable, Equatable {
    /// An event of a stream, decoded when it is taken.
    case block(ServerSentEvent)
    /// An event that a poll brought, after which the position is `id` (nil: unchanged).
    case event(AnalyticsEvent, id: String?, bytes: Int)
    /// The position moved past events that are not for this reader.
    case position(String)
    /// The feed's state changed; only for those who asked to hear of it in order.
    case state(FeedState)

    /// About what it costs in memory.
    var bytes: Int {
        switch self {
        case .block(let event): event.data.utf8.count + event.type.utf8.count + 96
        case .event(_, _, let bytes): bytes + 96
        case .position, .state: 96
        }
    }
}

/// What a reader has not taken yet: a queue that knows its weight.
package struct DeliveryBuffer {
    /// Newest last.
    private var incoming: [Delivery] = []
    /// Oldest last.
    private var outgoing: [Delivery] = []
    private(set) var bytes = 0

    var isEmpty: Bool { incoming.isEmpty && outgoing.isEmpty }

    /// The oldest.
    var first: Delivery? { outgoing.last ?? incoming.first }

    mutating func append(_ delivery: Delivery) {
        // Only the newest of neighbouring positions counts.
        if case .position = delivery, case .position? = incoming.last {
            incoming[incoming.count - 1] = delivery
            return
        }
        incoming.append(delivery)
        bytes += delivery.bytes
    }

    mutating func popFirst() -> Delivery? {
        if outgoing.isEmpty {
            swap(&incoming, &outgoing)
            outgoing.reverse()
        }
        guard let first = outgoing.popLast() else { return nil }
        bytes -= first.bytes
        return first
    }

    mutating func removeAll() { self = DeliveryBuffer() }
}
