package import Events
import Telemetry

/// The streams of one event loop: opens them, serves them from their workspaces' rings, and ends them.
///
/// Confined to its loop. It decides and asks the transports to write; it owns no socket, no clock and no thread: time enters
/// by ``tick(now:wall:)``, blocks by ``receive(_:)``, and the loop calls ``walk(budget:)`` after every turn.
package final class Shard {
    package let index: Int
    let hub: Hub
    private(set) var settings: StreamSettings
    /// Monotonic and wall-clock milliseconds of the current turn.
    var now: Int64
    var wall: Milliseconds

    var slots: ContiguousArray<StreamSlot> = []
    var records: ContiguousArray<StreamRecord?> = []
    private var vacant: ContiguousArray<Int32> = []

    var spaces: ContiguousArray<ShardSpace?> = []
    var spaceIndex: [WorkspaceKey: Int32] = [:]
    private var vacantSpaces: ContiguousArray<Int32> = []
    /// Workspaces whose walk is not finished, served in turn.
    var walking: ContiguousArray<Int32> = []
    /// Streams that have more to send than one call takes; served after the next look at the sockets.
    var unfinished: ContiguousArray<StreamToken> = []

    /// Frames partly written, and pages being replayed.
    var partials = Slab<Partial>()
    var pages = Slab<RingNode>()
    /// Streams that wait for the page after a position, so that a crowd of resumes reads it once.
    var awaited: [PageKey: [StreamToken]] = [:]
    /// Streams whose page could not be read; tried again at the next second.
    var retries: [StreamToken] = []
    var gather: Gather

    var heartbeats: SlotWheel
    var deadlines: SlotWheel
    var stalls: SlotWheel
    var due: ContiguousArray<Int32> = []
    /// The one `ping` frame of this turn.
    var ping: (wall: Milliseconds, bytes: LocalBytes)?
    var sampling: StatsSchedule
    var nextSweep: Int64
    var nextSecond: Int64
    /// Bytes that the rings hold.
    var ringBytes = 0
    var ringBudget: Int { settings.replayMemory / hub.shardCount }
    var isDraining = false
    var random: SeededRandom
    package private(set) var openCount = 0

    package init(index: Int, hub: Hub, now: Int64, wall: Milliseconds, seed: UInt64) {
        self.index = index
        self.hub = hub
        settings = hub.settings
        self.now = now
        self.wall = wall
        heartbeats = SlotWheel(granularity: 100, buckets: 512, now: now)
        deadlines = SlotWheel(granularity: 500, buckets: 1024, now: now)
        stalls = SlotWheel(granularity: 250, buckets: 128, now: now)
        sampling = StatsSchedule(interval: hub.settings.statsInterval.milliseconds, now: now)
        nextSweep = now + hub.settings.cleanupInterval.milliseconds
        nextSecond = now + 1000
        random = SeededRandom(seed: seed)
        gather = Gather()
    }

    /// Goes on with other settings; what open streams were told of theirs stays true.
    func use(_ settings: StreamSettings) {
        let hasOtherInterval = settings.statsInterval != self.settings.statsInterval
        self.settings = settings
        if hasOtherInterval { sampling.spread(over: settings.statsInterval.milliseconds, now: now) }
        nextSweep = min(nextSweep, now + settings.cleanupInterval.milliseconds)
        if ringBytes > ringBudget { evict() }
    }

    // MARK: Opening

    /// Judges whether a stream may be opened. `.open` has taken a place, which ``open(_:in:transport:)`` must follow in the same turn.
    package func admit(_ request: StreamRequest, to registry: WorkspaceRegistry) -> Admission {
        if let hold = registry.hold(on: request.user, at: wall) {
            return hold.isFinal
                ? .ended : .turnedAway(.admin, retryMilliseconds: Int(hold.until - wall) + jitter(settings.retry))
        }
        if isDraining { return turnAway(request, .shutdown) }
        guard registry.connections(of: request.user) < settings.maximumConnectionsPerUser, hub.reserve() else {
            hub.metrics.refused.increment()
            return turnAway(request, .capacity)
        }
        return .open
    }

    /// Whether an admin closed this user's streams for good, so that a stream would be answered 204.
    package func isEnded(_ user: UserID, in registry: WorkspaceRegistry) -> Bool {
        registry.hold(on: user, at: wall)?.isFinal ?? false
    }

    private func turnAway(_ request: StreamRequest, _ reason: CloseReason) -> Admission {
        let retry = 5 * jitter(settings.retry)
        return request.isBrowser ? .turnedAway(reason, retryMilliseconds: retry) : .busy(retryMilliseconds: retry)
    }

    /// Opens an admitted stream and writes its first frames.
    /// - Returns: nil when a DELETE came between authorisation and now; the caller then ends the response as `closing {admin}`.
    package func open(
        _ request: StreamRequest, in registry: WorkspaceRegistry, transport: any StreamTransport
    ) -> StreamToken? {
        // The ring must be fed before the head is read: what is committed in between arrives as a block.
        let spaceNumber = space(of: registry)
        guard let space = spaces[Int(spaceNumber)] else { preconditionFailure("a space was just made") }
        let (isEntered, isFirstWatcher) = registry.enter(
            user: request.user, filter: request.filter, wantsEvents: request.wantsEvents,
            wantsStats: request.wantsStats, isCounted: request.isCounted, generation: request.closeGeneration)
        guard isEntered else {
            hub.release()
            return nil
        }
        if isFirstWatcher { hub.watchersChanged(registry) }
        let head = registry.head
        let (cursor, opening) = position(request, in: registry, head: head)

        let slot = takeSlot()
        let filter = request.filter.map { space.retain($0) } ?? -1
        slots[Int(slot)].phase = .live
        slots[Int(slot)].wantsStats = request.wantsStats
        slots[Int(slot)].wantsEvents = request.wantsEvents
        slots[Int(slot)].isChunked = request.isChunked
        slots[Int(slot)].space = spaceNumber
        slots[Int(slot)].place = Int32(space.members.count)
        slots[Int(slot)].filter = filter
        slots[Int(slot)].user = registry.number(of: request.user)
        slots[Int(slot)].cursor = cursor
        slots[Int(slot)].told = cursor - 1
        slots[Int(slot)].statsVersion = space.statsVersion
        slots[Int(slot)].control = [.connected]
        if opening.reset != nil { slots[Int(slot)].control.insert(.reset) }
        if request.wantsStats { slots[Int(slot)].control.insert(.freshStats) }
        space.members.append(slot)
        space.idleSince = nil

        let heartbeat = (request.wantsStats ? settings.heartbeat : settings.quietHeartbeat).milliseconds
        let age = settings.maximumAge.milliseconds
        let limit = now + age - Int64(random.below(UInt64(age / 5 + 1)))
        records[Int(slot)] = StreamRecord(
            transport: transport, workspace: registry.key, user: request.user, address: request.address, openedAt: wall,
            expiresAt: request.expiresAt, credentialTag: request.credentialTag, ageLimit: limit, heartbeat: heartbeat,
            pattern: request.filter,
            isCounted: request.isCounted,
            opening: opening)
        heartbeats.schedule(slot, at: now + heartbeat)
        deadlines.schedule(slot, at: deadline(ageLimit: limit, expiresAt: request.expiresAt))
        openCount += 1
        hub.metrics.opened.increment()
        if request.resume != nil { hub.metrics.resumed.increment() }
        let token = StreamToken(slot: slot, generation: slots[Int(slot)].generation)
        flush(Int(slot))
        return token
    }

    /// Where the stream begins, and what its first words are (semantics, "Positions" and "Resume").
    private func position(
        _ request: StreamRequest, in registry: WorkspaceRegistry, head: SequenceNumber
    ) -> (SequenceNumber, StreamRecord.Opening) {
        var opening = StreamRecord.Opening(
            retry: jitter(settings.retry), isFresh: request.resume == nil, reset: nil, resumedFrom: request.resume)
        guard let resume = request.resume else { return (head + 1, opening) }
        if resume.epoch != registry.epoch {
            opening.reset = .epoch
        } else if resume.sequence > head {
            opening.reset = .ahead
        } else if resume.sequence < registry.floor {
            opening.reset = .pruned
        } else if request.wantsEvents, (head - resume.sequence) > Int64(settings.replayLimit / Self.smallestFrame) {
            opening.reset = .tooFar
        }
        guard let reason = opening.reset else { return (resume.sequence + 1, opening) }
        hub.metrics.resets[reason]?.increment()
        return (head + 1, opening)
    }

    /// No event's frame is shorter, in bytes: lets a hopeless resume be refused without reading the log.
    private static let smallestFrame = 200

    /// When the age or the credential ends the stream, in monotonic milliseconds.
    func deadline(ageLimit: Int64, expiresAt: Milliseconds?) -> Int64 {
        guard let expiresAt else { return ageLimit }
        return min(ageLimit, now + max(expiresAt - wall, 0))
    }

    // MARK: Slots and spaces

    func connectionID(_ slot: Int) -> String {
        connectionID(StreamToken(slot: Int32(slot), generation: slots[slot].generation))
    }

    /// The `connectionId` that `token`'s stream was told.
    package func connectionID(_ token: StreamToken) -> String {
        hub.connectionIDs.id(of: ConnectionIDs.Place(shard: index, token: token))
    }

    /// The slot behind `token`, unless it ended.
    func find(_ token: StreamToken) -> Int? {
        let slot = Int(token.slot)
        guard slot < slots.count, slots[slot].generation == token.generation, slots[slot].phase != .vacant else {
            return nil
        }
        return slot
    }

    private func takeSlot() -> Int32 {
        if let slot = vacant.popLast() { return slot }
        slots.append(StreamSlot())
        records.append(nil)
        return Int32(slots.count - 1)
    }

    /// Forgets a stream whose workspace it has left already.
    func freeSlot(_ slot: Int) {
        if slots[slot].partial >= 0 { partials.remove(slots[slot].partial) }
        if slots[slot].page >= 0 { pages.remove(slots[slot].page) }
        heartbeats.cancel(Int32(slot))
        deadlines.cancel(Int32(slot))
        stalls.cancel(Int32(slot))
        records[slot] = nil
        let generation = slots[slot].generation &+ 1
        slots[slot] = StreamSlot()
        slots[slot].generation = generation
        vacant.append(Int32(slot))
        openCount -= 1
        hub.release()
    }

    private func space(of registry: WorkspaceRegistry) -> Int32 {
        if let known = spaceIndex[registry.key] { return known }
        let space = ShardSpace(registry, head: registry.watch(from: index))
        let number: Int32
        if let free = vacantSpaces.popLast() {
            spaces[Int(free)] = space
            number = free
        } else {
            spaces.append(space)
            number = Int32(spaces.count - 1)
        }
        spaceIndex[registry.key] = number
        return number
    }

    /// Stops watching a workspace that has no stream here.
    func dropSpace(_ number: Int32) {
        guard let space = spaces[Int(number)] else { return }
        precondition(space.members.isEmpty, "a watched workspace is not dropped")
        space.registry.unwatch(from: index)
        ringBytes -= space.ring.cost
        spaceIndex[space.registry.key] = nil
        spaces[Int(number)] = nil
        vacantSpaces.append(number)
        walking.removeAll { $0 == number }
    }

    /// `base` plus up to half of it, in milliseconds.
    func jitter(_ base: Duration) -> Int {
        let milliseconds = UInt64(max(base.milliseconds, 1))
        return Int(milliseconds + random.below(milliseconds / 2 + 1))
    }
}
