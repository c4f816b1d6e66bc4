package import Events

/// The live figures of one workspace, folded event by event, exact to the millisecond at any moment.
///
/// Everything is a function of the log up to ``asOf`` and of the moment asked for; open streams alone come from outside. Order
/// follows the log, time follows `occurredAt`: an event dated ahead waits in a queue until its time has come, a late one counts
/// where it belongs, a delete takes its message back out of the minute it had. Message ids seen before, and deletes of
/// unknown or deleted messages, count as events only. What has left every window is forgotten.
///
/// `now` never goes back. The owner calls ``advance(to:)`` with the wall clock before it applies a group of events, also in a
/// workspace that nobody watches: else the events wait in the queue as if they were dated ahead.
///
///     fold.advance(to: now)
///     for committed in group { fold.apply(committed) }
///     let stats = fold.sample(at: now, openUsers: registry.users)
package struct LiveStatsFold: Sendable {
    /// Of the encoded form and of the rules: a state of another version is not decoded.
    package static let version: Int32 = 2

    let settings: LiveStatsSettings
    /// The last event folded.
    package internal(set) var asOf: SequenceNumber
    /// The moment up to which time has passed; after a wrong clock was set right, a state ahead of it is worth a rebuild.
    package internal(set) var now: Milliseconds
    package internal(set) var timeZone: String

    var users: RecencyWindow<UserID>
    var sessions: RecencyWindow<SessionID>
    var presence: Presence
    var orchestrators: Orchestrators
    var tasksInProgress: Set<EntityID> = []
    var minutes = MessageMinutes()
    /// The live messages of the local day.
    var messagesToday = 0
    var channels: ChannelMessages
    var types: TypeCounts
    /// Effects of events dated ahead of ``now``.
    var pending = MinimumHeap<Effect>()

    /// A fold of nothing, to which the log is applied.
    /// - Parameters:
    ///   - timeZone: where the workspace's days begin, until an event changes it.
    ///   - now: the moment from which figures will be asked for; what has left their windows by then is not kept.
    ///   - sequence: the last event that the log no longer has; 0 while it has all. Tasks and orchestrators whose last word
    ///     was in that part are unknown then, so a checkpoint is better.
    package init(
        settings: LiveStatsSettings = LiveStatsSettings(), timeZone: String, startingAt now: Milliseconds,
        after sequence: SequenceNumber = 0
    ) {
        asOf = sequence
        self.settings = settings
        self.timeZone = timeZone
        self.now = now
        users = RecencyWindow(length: settings.activeUserWindow)
        sessions = RecencyWindow(length: settings.sessionWindow)
        presence = Presence(window: settings.onlineWindow)
        orchestrators = Orchestrators(window: settings.orchestratorWindow)
        channels = ChannelMessages(window: settings.channelWindow)
        types = TypeCounts(
            maximumTypes: settings.maximumEventTypes, day: LocalDay.bounds(containing: now, timeZone: timeZone))
        evict()
    }

    /// Folds the next event; any other than number ``asOf`` + 1 changes nothing.
    package mutating func apply(_ committed: CommittedEvent) {
        let event = committed.event
        guard event.sequence == asOf + 1 else { return }
        asOf = event.sequence
        applyInLogOrder(committed)
        types.note(event.type, at: event.occurredAt, sequence: event.sequence)
        if case .messageDeleted = committed.facts, let target = committed.target, !target.isDeleted {
            take(Effect(time: target.occurredAt, sequence: event.sequence, change: .deletion(target.channel)))
        }
        take(
            Effect(
                time: event.occurredAt, sequence: event.sequence, change: .event(Effect.Occurrence(committed))))
    }

    /// Lets time pass up to `now`; an earlier moment changes nothing.
    package mutating func advance(to now: Milliseconds) {
        guard now > self.now else { return }
        self.now = now
        if !types.day.contains(now) { beginDay() }
        evict()
        while let effect = pending.popFirst(where: { $0.time <= now }) { perform(effect, wasPending: true) }
        _ = users.expire(now: now)
        _ = sessions.expire(now: now)
        presence.expire(now: now)
        orchestrators.expire(now: now)
        channels.expire(now: now)
    }

    /// The figures at `now`, which is raised to the latest moment known.
    /// - Parameter openUsers: users with an open stream; each may be named more than once.
    package mutating func sample(at now: Milliseconds, openUsers: some Sequence<UserID>) -> LiveStats {
        advance(to: now)
        var stats = LiveStats(timestamp: self.now, asOf: asOf)
        let minute = MessageMinutes.minute(of: self.now)
        stats.activeUsers = users.count
        stats.onlineUsers = presence.count(with: openUsers.lazy.filter(FigureDefinitions.isPerson))
        stats.activeSessions = sessions.count
        stats.messagesLastHour = minutes.sum((minute - 59)...minute)
        stats.messagesToday = messagesToday
        stats.activeChannels = channels.activeCount
        stats.activeOrchestrators = orchestrators.activeCount
        stats.tasksInProgress = tasksInProgress.count
        stats.eventCounts = types.counts
        return stats
    }

    // MARK: - Events

    /// What follows the order of the log, whatever time the event names.
    private mutating func applyInLogOrder(_ committed: CommittedEvent) {
        let event = committed.event
        switch committed.facts {
        case .absent(let device):
            presence.leave(Presence.Device(user: event.user, name: device), sequence: event.sequence)
        case .orchestrator(let id, .started): orchestrators.start(id)
        case .orchestrator(let id, .stopped): orchestrators.stop(id)
        case .task(let id, let status?):
            if status == "in_progress" { tasksInProgress.insert(id) } else { tasksInProgress.remove(id) }
        case .workspace(_, let timeZone?, _) where timeZone != self.timeZone:
            self.timeZone = timeZone
            beginDay()
        default: break
        }
    }

    /// Performs an effect now, or when its time has come.
    private mutating func take(_ effect: Effect) {
        guard effect.time > now else { return perform(effect, wasPending: false) }
        if case .event(let occurrence) = effect.change, let device = occurrence.device {
            presence.expect(Presence.Device(user: occurrence.user, name: device))
        }
        pending.insert(effect)
    }

    private mutating func perform(_ effect: Effect, wasPending: Bool) {
        let time = effect.time
        switch effect.change {
        case .deletion(let channel):
            count(-1, at: time)
            channels.remove(channel, at: time, now: now)
        case .event(let occurrence):
            types.count(occurrence.type, at: time)
            if FigureDefinitions.isPerson(occurrence.user) { users.touch(occurrence.user, at: time, now: now) }
            if let session = occurrence.session { sessions.touch(session, at: time, now: now) }
            if let channel = occurrence.message {
                count(1, at: time)
                channels.insert(channel, at: time, now: now)
            }
            if let orchestrator = occurrence.orchestrator { orchestrators.beat(orchestrator, at: time, now: now) }
            if let name = occurrence.device {
                let device = Presence.Device(user: occurrence.user, name: name)
                if wasPending {
                    presence.arrive(device, sequence: effect.sequence, at: time, now: now)
                } else {
                    presence.beat(device, at: time, now: now)
                }
            }
        }
    }

    private mutating func count(_ change: Int, at time: Milliseconds) {
        minutes.add(change, at: time)
        if types.day.contains(time) { messagesToday += change }
    }

    // MARK: - Time

    private mutating func beginDay() {
        types.begin(LocalDay.bounds(containing: now, timeZone: timeZone))
        countToday()
    }

    /// Local days begin at whole minutes in every zone in use.
    func todaysMinutes() -> ClosedRange<Int64> {
        MessageMinutes.minute(of: types.day.lowerBound)...MessageMinutes.minute(of: types.day.upperBound - 1)
    }

    mutating func countToday() { messagesToday = minutes.sum(todaysMinutes()) }

    private mutating func evict() {
        let start = min(now - MessageMinutes.reach, types.day.lowerBound)
        minutes.evict(before: start)
        types.evict(before: start)
    }
}

extension Effect.Occurrence {
    init(_ committed: CommittedEvent) {
        let event = committed.event
        type = event.type
        user = event.user
        session = event.session
        var message: ChannelID?
        var orchestrator: EntityID?
        var device: String?
        switch committed.facts {
        case .messageSent where committed.target == nil: message = event.channel
        case .present(let name) where FigureDefinitions.isPerson(event.user): device = name
        case .orchestrator(let id, .started), .orchestrator(let id, .heartbeat): orchestrator = id
        default: break
        }
        self.message = message
        self.orchestrator = orchestrator
        self.device = device
    }
}
