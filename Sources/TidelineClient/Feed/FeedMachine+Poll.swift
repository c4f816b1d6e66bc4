import Foundation
import ServerSentEvents

/// Polling: a snapshot for the figures, then the log from the position, page by page.
extension FeedMachine {
    /// What a poll begins with.
    var pollGoal: Goal {
        settings.options.includesStats || position.isEmpty || pendingReset != nil ? .snapshot : .log
    }

    /// A poll's request succeeded.
    mutating func polled(_ goal: Goal, _ head: TransportHead) {
        do {
            // Both come first: an answer that is not understood changes nothing.
            let hasSnapshot = goal == .snapshot && head.status != 304
            let snapshot = try hasSnapshot ? WireFormat.decode(Snapshot.self, from: body) : nil
            let page = try goal == .log ? WireFormat.decode(LogPage.self, from: body) : nil
            isPolling = true
            hasRefreshed = false
            enter(.polling)
            if let page {
                take(page)
            } else {
                take(snapshot, entityTag: head["ETag"])
            }
        } catch {
            let message = "the answer is not what a Tideline server says"
            lost(.failure(AnalyticsError(.malformed, message, head, body: body, underlying: error)))
        }
    }

    private mutating func take(_ snapshot: Snapshot?, entityTag: String?) {
        self.entityTag = snapshot == nil ? self.entityTag : entityTag
        let isFresh = position.isEmpty
        if let head = snapshot?.meta.lastEventId, isFresh || pendingReset != nil {
            position = head
            emit(.deliver(.position(head)))
            if let reason = pendingReset {
                pendingReset = nil
                emit(.deliver(.event(.reset(.init(reason: reason, head: head, next: nil)), id: head, bytes: 0)))
            }
        }
        if settings.options.includesStats, let stats = snapshot?.data {
            emit(.deliver(.event(stats.event, id: nil, bytes: body.count)))
        }
        if settings.options.includesEvents, !isFresh, !position.isEmpty {
            start(.log, until: now + settings.requestTimeout)
        } else {
            rest()
        }
    }

    private mutating func take(_ page: LogPage) {
        let before = position
        let bytes = body.count / max(1, page.events.count)
        for item in page.events { emit(.deliver(.event(item.event, id: item.id, bytes: bytes))) }
        position = page.next
        hasLeftPosition = false
        if position != before { emit(.deliver(.position(position))) }
        if page.next != page.head, page.next != before {
            start(.log, until: now + settings.requestTimeout)
        } else {
            rest()
        }
    }

    /// The poll is complete.
    private mutating func rest() {
        failures = 0
        if !settings.options.pollsOnly, streamDue == nil {
            // Spread, so that a crowd behind one proxy does not try together.
            streamDue = now + settings.streamRetryInterval * (0.5 + settings.random() / 2)
        }
        phase = .waiting(pollGoal, until: now + settings.pollInterval)
    }

    /// The log does not hold the position any more, or never did: go on from the head, and say so.
    /// - Returns: false when the log refused something else.
    mutating func leavePosition(_ refusal: AnalyticsError) -> Bool {
        guard let status = refusal.status, [400, 410, 422].contains(status), !position.isEmpty else { return false }
        // From the head, and at once: a second refusal would be about something else.
        guard !hasLeftPosition else { return false }
        hasLeftPosition = true
        pendingReset = status == 410 ? "pruned" : "ahead"
        entityTag = nil
        attempt(.snapshot)
        return true
    }
}

/// `GET …/analytics/realtime` as JSON.
private struct Snapshot: Decodable {
    struct Meta: Decodable {
        let lastEventId: String?
    }

    let data: Lenient<LiveStats>
    let meta: Meta
}

/// `GET …/events`.
private struct LogPage: Decodable {
    let events: [Lenient<LoggedEvent>]
    let next: String
    let head: String
}

/// A value, or the JSON that is none.
private enum Lenient<Value: Decodable & Sendable>: Decodable {
    case value(Value)
    case other(JSONValue)

    init(from decoder: any Decoder) throws {
        do {
            self = .value(try Value(from: decoder))
        } catch is DecodingError {
            self = .other(try JSONValue(from: decoder))
        }
    }

    func event(_ type: String, _ known: (Value) -> AnalyticsEvent) -> AnalyticsEvent {
        switch self {
        case .value(let value): return known(value)
        case .other(let json):
            // What was decoded can be encoded, and a type without line ends is valid.
            let data = (try? JSONEncoder().encode(json)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            guard let event = try? ServerSentEvent(type: type, data: data) else { preconditionFailure("type \(type)") }
            return .unknown(event)
        }
    }
}

extension Lenient<LiveStats> {
    fileprivate var event: AnalyticsEvent { event("stats") { .stats($0) } }
}

extension Lenient<LoggedEvent> {
    fileprivate var event: AnalyticsEvent { event("event") { .event($0) } }

    fileprivate var id: String? {
        switch self {
        case .value(let event): event.id
        case .other(let json): json["id"].string
        }
    }
}
