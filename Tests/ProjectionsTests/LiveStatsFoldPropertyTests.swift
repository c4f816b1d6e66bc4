import Events
import Projections
import Testing

/// The fold against the definitions, over seeded random logs.
struct LiveStatsFoldPropertyTests {
    /// A short window of channels, so that they come and go; few types, so that some are `other`.
    private static let settings = LiveStatsSettings(channelWindow: 900_000, maximumEventTypes: 8)
    private static let users = ["u1", "u4", "u9"].map { UserID(validated: $0) }

    /// How the owner treats the fold while the log grows; none of it may show in the figures.
    enum Habit: CaseIterable {
        /// Time passes before each event, as it should.
        case advancing
        /// Time passes only with the samples.
        case idle
        /// The state goes through its bytes now and then.
        case checkpointing
    }

    @Test(arguments: Habit.allCases, 0..<24)
    func `figures equal a recount of the whole log at every sample`(habit: Habit, seed: Int) throws {
        var log = RandomLog(seed: seed, settings: Self.settings)
        let zone = RandomLog.zones[seed % RandomLog.zones.count]
        let oracle = LiveStatsOracle(settings: Self.settings, initialTimeZone: zone)
        var fold = LiveStatsFold(settings: Self.settings, timeZone: zone, startingAt: log.now)

        for step in 0..<250 {
            log.pass()
            if habit == .advancing { fold.advance(to: log.now) }
            fold.apply(log.append())
            if habit == .checkpointing, step % 17 == 0 {
                let bytes = fold.encoded()
                fold = try #require(LiveStatsFold(decoding: bytes, settings: Self.settings))
                try #require(fold.encoded() == bytes)
            }
            guard step % 3 == 0 || step > 240 else { continue }
            let openUsers = Array(Self.users.prefix(step % 4)) + Self.users.prefix(step % 2)
            let stats = fold.sample(at: log.now, openUsers: openUsers)
            let expected = oracle.stats(of: log.script.events, at: log.now, openUsers: openUsers)
            try #require(stats == expected, "seed \(seed), step \(step), now \(log.now)")
        }
    }

    @Test(arguments: 0..<24)
    func `time passing in one leap gives the state that steps give`(seed: Int) {
        var log = RandomLog(seed: seed + 1_000, settings: Self.settings)
        let start = log.now
        var stepping = LiveStatsFold(settings: Self.settings, timeZone: "Europe/Berlin", startingAt: start)
        for _ in 0..<300 {
            log.pass()
            stepping.advance(to: log.now)
            stepping.apply(log.append())
        }

        var leaping = LiveStatsFold(settings: Self.settings, timeZone: "Europe/Berlin", startingAt: log.now)
        for committed in log.script.events { leaping.apply(committed) }

        #expect(leaping.encoded() == stepping.encoded())
    }

    @Test(arguments: 0..<16)
    func `figures stay right when nothing happens any more`(seed: Int) throws {
        var log = RandomLog(seed: seed + 2_000, settings: Self.settings)
        let oracle = LiveStatsOracle(settings: Self.settings, initialTimeZone: "Europe/Berlin")
        var fold = LiveStatsFold(settings: Self.settings, timeZone: "Europe/Berlin", startingAt: log.now)
        for _ in 0..<120 {
            log.pass()
            fold.apply(log.append())
        }

        for _ in 0..<60 {
            log.pass()
            let stats = fold.sample(at: log.now, openUsers: [])
            try #require(stats == oracle.stats(of: log.script.events, at: log.now, openUsers: []), "seed \(seed)")
        }
    }
}
