import Events
import Foundation
import Projections

/// The definitions of the live figures, counted from the whole log each time: slow, obvious, and written without the fold.
///
/// It trusts no `target`: which message is live it finds out itself. The local day comes from `Calendar`.
struct LiveStatsOracle {
    let settings: LiveStatsSettings
    let initialTimeZone: String

    func stats(of log: [CommittedEvent], at now: Milliseconds, openUsers: [UserID]) -> LiveStats {
        var stats = LiveStats(timestamp: now, asOf: SequenceNumber(log.count))
        let day = today(log, now)
        let messages = liveMessages(log).filter { $0.occurredAt <= now }
        stats.activeUsers = Set(recent(log, settings.activeUserWindow, now).map(\.event.user)).count
        stats.activeSessions = Set(recent(log, settings.sessionWindow, now).compactMap(\.event.session)).count
        stats.onlineUsers = Set(openUsers).union(presentUsers(log, now)).count
        let hourStart = (now / 60_000 - 59) * 60_000
        stats.messagesLastHour = messages.count { $0.occurredAt >= hourStart }
        stats.messagesToday = messages.count { day.contains($0.occurredAt) }
        stats.activeChannels =
            Set(
                messages.filter { $0.occurredAt > now - settings.channelWindow }.compactMap(\.channel)
            ).count
        stats.activeOrchestrators = activeOrchestrators(log, now)
        stats.tasksInProgress = tasksInProgress(log)
        stats.eventCounts = eventCounts(log, day, now)
        return stats
    }

    private func recent(_ log: [CommittedEvent], _ window: Milliseconds, _ now: Milliseconds) -> [CommittedEvent] {
        log.filter { $0.event.occurredAt > now - window && $0.event.occurredAt <= now }
    }

    private func today(_ log: [CommittedEvent], _ now: Milliseconds) -> Range<Milliseconds> {
        var name = initialTimeZone
        for committed in log {
            if case .workspace(_, let timeZone?, _) = committed.facts { name = timeZone }
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: name) ?? .gmt
        let date = Date(timeIntervalSince1970: Double(now) / 1_000)
        let start = calendar.startOfDay(for: date)
        let end = calendar.startOfDay(for: calendar.date(byAdding: .day, value: 1, to: start) ?? start)
        return Int64(start.timeIntervalSince1970 * 1_000)..<Int64(end.timeIntervalSince1970 * 1_000)
    }

    private func liveMessages(_ log: [CommittedEvent]) -> [Event] {
        var sent: [MessageID: Event] = [:]
        var deleted: Set<MessageID> = []
        for committed in log {
            switch committed.facts {
            case .messageSent(let message?, _, _, _) where sent[message] == nil: sent[message] = committed.event
            case .messageDeleted(let message) where sent[message] != nil: deleted.insert(message)
            default: break
            }
        }
        return sent.filter { !deleted.contains($0.key) }.map(\.value)
    }

    private func presentUsers(_ log: [CommittedEvent], _ now: Milliseconds) -> Set<UserID> {
        var users: Set<UserID> = []
        for (index, committed) in log.enumerated() {
            let event = committed.event
            guard case .present(let device) = committed.facts, event.occurredAt > now - settings.onlineWindow,
                event.occurredAt <= now
            else { continue }
            let hasLeft = log[(index + 1)...].contains {
                $0.facts == .absent(device: device) && $0.event.user == event.user
            }
            if !hasLeft { users.insert(event.user) }
        }
        return users
    }

    private func activeOrchestrators(_ log: [CommittedEvent], _ now: Milliseconds) -> Int {
        var running: Set<EntityID> = []
        for committed in log {
            if case .orchestrator(let id, .started) = committed.facts { running.insert(id) }
            if case .orchestrator(let id, .stopped) = committed.facts { running.remove(id) }
        }
        let seen = recent(log, settings.orchestratorWindow, now).compactMap { committed -> EntityID? in
            switch committed.facts {
            case .orchestrator(let id, .started), .orchestrator(let id, .heartbeat): id
            default: nil
            }
        }
        return running.intersection(seen).count
    }

    private func tasksInProgress(_ log: [CommittedEvent]) -> Int {
        var status: [EntityID: String] = [:]
        for committed in log {
            if case .task(let id, let new?) = committed.facts { status[id] = new }
        }
        return status.values.count { $0 == "in_progress" }
    }

    private func eventCounts(
        _ log: [CommittedEvent], _ day: Range<Milliseconds>, _ now: Milliseconds
    ) -> [LiveStats.EventCount] {
        var order: [String] = []
        var counts: [String: Int] = [:]
        for event in log.map(\.event) where day.contains(event.occurredAt) {
            if !order.contains(event.type.text) { order.append(event.type.text) }
            if event.occurredAt <= now { counts[event.type.text, default: 0] += 1 }
        }
        let named = order.prefix(settings.maximumEventTypes)
        let other = order.dropFirst(named.count).reduce(0) { $0 + counts[$1, default: 0] }
        return named.filter { counts[$0, default: 0] > 0 }.sorted()
            .map { LiveStats.EventCount(type: $0, count: counts[$0, default: 0]) }
            + (other > 0 ? [LiveStats.EventCount(type: "other", count: other)] : [])
    }
}
