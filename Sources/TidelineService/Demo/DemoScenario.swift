package import Events

/// A day in the life of the workspace "harbor", as an endless sequence of events; the same seed and start give the same bytes.
///
/// People sign on and off with their devices, talk in bursts, react, read, share files and move tasks; agents start,
/// report and stop. No clock and no input or output inside: the scenario keeps its own time, and whoever plays it waits.
///
/// ```swift
/// var scenario = DemoScenario(seed: 7, startingAt: now - DemoScenario.historyLength)
/// post(scenario.opening())                    // with an admin credential, each event by itself repeatable
/// post(scenario.history(until: now))          // in batches of at most 1,000
/// while true { let (delay, event) = scenario.next(); await sleep(delay); post(event) }
/// ```
///
/// Reading order: this file (time), `DemoScenario+Life.swift` (what happens), `DemoCast.swift` (the tables).
package struct DemoScenario: Sendable {
    /// The workspace that the events belong to.
    package static let workspace = "harbor"
    package static let timeZone = "Europe/Amsterdam"
    /// How much past a new workspace is given: 6 h.
    package static let historyLength: Milliseconds = 6 * 3_600_000
    /// The last part of the past is as lively as the present, so that the figures of the last hour are at their level.
    static let livelyLength: Milliseconds = 75 * 60_000
    /// Before that only one in five things is told: it shapes the day without a long import.
    static let quietShare = 0.2
    /// The mean time between two things that people begin, at a rhythm of 1. Each brings about four events.
    static let meanPause = 1_300.0

    /// Something that is going to happen; the order is by time, then by number.
    struct Plan: Sendable {
        let at: Milliseconds
        let number: Int
        let act: Act
    }

    /// What can be planned.
    enum Act: Sendable {
        case begin
        case arrive
        case speak(channel: String, speakers: [String], left: Int)
        case react(message: String, channel: String, user: String)
        case read(message: String, channel: String, user: String)
        case edit(message: String, channel: String, user: String)
        case beat(agent: Int)
        case wake(agent: Int)
    }

    var chance: SeededGenerator
    private(set) var time: Milliseconds
    private var plans: [Plan] = []
    private var planned = 0
    private var livelyFrom: Milliseconds
    private var isPast = false
    /// Made but not yet handed out.
    private var ready: [DemoEvent] = []
    private var taken = 0

    /// Makes ids unique over the runs of the demo on one log: the second of the start in base 36.
    let run: String
    var made = 0
    var devices: [String: [String]] = [:]
    var sessions: [String: String] = [:]
    var profileShownAt: [String: Milliseconds] = [:]
    var isRunning: [Bool]
    var tasks: [Task] = []

    /// A task that somebody has in hand.
    struct Task: Sendable {
        let id: String
        let title: String
        let creator: String
        var assignee: String?
        var status: String
    }

    /// - Parameter start: where the scenario's time begins, for instance ``historyLength`` before now.
    package init(seed: UInt64, startingAt start: Milliseconds) {
        chance = SeededGenerator(seed: seed)
        time = start
        livelyFrom = start
        run = String(max(0, start / 1_000), radix: 36)
        isRunning = DemoCast.agents.map { _ in false }
        plan(.begin, in: 0)
        for agent in DemoCast.agents.indices { plan(.wake(agent: agent), in: Milliseconds(agent) * 700) }
        for place in 0..<12 { plan(.arrive, in: Milliseconds(place) * 900) }
    }

    /// The events of the past, from the start up to `now`, each with its `occurredAt`.
    package mutating func history(until now: Milliseconds) -> [DemoEvent] {
        isPast = true
        livelyFrom = now - Self.livelyLength
        var events: [DemoEvent] = []
        while nextTime <= now { events.append(take()) }
        isPast = false
        livelyFrom = min(livelyFrom, time)
        time = max(time, now)
        return events
    }

    /// The next event and how long to wait before it happens; it carries no `occurredAt`, it happens when it is posted.
    package mutating func next() -> (delay: Duration, event: DemoEvent) {
        let before = time
        let event = take()
        return (.milliseconds(max(0, time - before)), event)
    }

    // MARK: Time

    /// Plans `act` to happen after `delay` milliseconds.
    mutating func plan(_ act: Act, in delay: Milliseconds) {
        planned += 1
        let plan = Plan(at: time + max(0, delay), number: planned, act: act)
        let place = plans.firstIndex { ($0.at, $0.number) < (plan.at, plan.number) } ?? plans.endIndex
        plans.insert(plan, at: place)  // latest first, so that the next one is taken off the end
    }

    /// How long until somebody begins something again, by the hour of the day and the part of the past.
    mutating func pause() -> Milliseconds {
        let hours = Double(time % 86_400_000) / 3_600_000 + 1  // an hour ahead of UTC
        let hour = Int(hours) % 24
        let part = hours - hours.rounded(.down)
        let rhythm = DemoCast.rhythm[hour] * (1 - part) + DemoCast.rhythm[(hour + 1) % 24] * part
        return chance.wait(mean: Self.meanPause / rhythm / (time < livelyFrom ? Self.quietShare : 1))
    }

    /// Hands an event out as soon as the ones before it are.
    mutating func emit(_ type: String, by user: String, _ data: DemoObject) {
        let body = DemoObject().with("eventType", type).with("eventData", data).with("userId", user)
            .with("sessionId", sessions[user])
        let dated = isPast ? body.with("occurredAt", time) : body
        ready.append(DemoEvent(at: time, user: user, type: type, body: Array(dated.json.utf8)))
    }

    private var nextTime: Milliseconds { taken < ready.count ? ready[taken].at : plans.last?.at ?? time }

    private mutating func take() -> DemoEvent {
        while taken == ready.count {
            ready.removeAll(keepingCapacity: true)
            taken = 0
            guard let plan = plans.popLast() else { preconditionFailure("the scenario has no plan left") }
            time = max(time, plan.at)
            live(plan.act)
        }
        taken += 1
        return ready[taken - 1]
    }
}
