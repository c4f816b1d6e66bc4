import Events
import Projections
import Testing

struct LiveStatsFoldTests {
    /// 2025-06-15 12:00 UTC.
    private static let noon: Milliseconds = 1_749_988_800_000
    private static let minute: Milliseconds = 60_000
    private static let hour: Milliseconds = 3_600_000

    private func fold(
        _ script: LogScript, settings: LiveStatsSettings = LiveStatsSettings(), at now: Milliseconds = noon
    ) -> LiveStatsFold {
        var fold = LiveStatsFold(settings: settings, timeZone: "UTC", startingAt: now)
        for committed in script.events { fold.apply(committed) }
        return fold
    }

    private func sample(_ script: LogScript, at now: Milliseconds = noon) -> LiveStats {
        var fold = fold(script, at: now)
        return fold.sample(at: now, openUsers: EmptyCollection<UserID>())
    }

    @Test func `S4-6 · every figure of a snapshot is counted`() {
        var script = LogScript()
        script.append("user.online", .present(device: "d"), by: "u1", session: "s1", at: Self.noon)
        script.send("m1", in: "c1", by: "u2", at: Self.noon)
        script.send("m2", in: "c2", by: "u2", at: Self.noon - 2 * Self.hour)
        script.append(
            "orchestrator.started", .orchestrator(id: EntityID(validated: "o"), .started), by: "u3", session: "s2",
            at: Self.noon)
        script.append(
            "task.updated", .task(id: EntityID(validated: "t"), status: "in_progress"), by: "u3", at: Self.noon)

        var expected = LiveStats(timestamp: Self.noon, asOf: 5)
        expected.activeUsers = 3
        expected.onlineUsers = 1
        expected.activeSessions = 2
        expected.messagesLastHour = 1
        expected.messagesToday = 2
        expected.activeChannels = 2
        expected.activeOrchestrators = 1
        expected.tasksInProgress = 1
        expected.eventCounts = [
            .init(type: "message.sent", count: 2), .init(type: "orchestrator.started", count: 1),
            .init(type: "task.updated", count: 1), .init(type: "user.online", count: 1),
        ]
        #expect(sample(script) == expected)
    }

    @Test(arguments: [(-1, 1), (0, 0), (1, 0)] as [(Milliseconds, Int)])
    func `a window is open at its beginning`(offset: Milliseconds, expected: Int) {
        var script = LogScript()
        script.append("x.y", by: "u1", session: "s", at: Self.noon - 24 * Self.hour)

        let stats = sample(script, at: Self.noon + offset)

        #expect(stats.activeUsers == expected)
    }

    @Test(arguments: [(0, 1), (59 * 60_000 + 59_999, 1), (60 * 60_000, 0)] as [(Milliseconds, Int)])
    func `messagesLastHour covers sixty calendar minutes`(age: Milliseconds, expected: Int) {
        var script = LogScript()
        script.send("m", at: Self.noon)

        #expect(sample(script, at: Self.noon + age).messagesLastHour == expected)
    }

    @Test func `an event dated ahead counts once its time has come`() {
        var script = LogScript()
        script.send("m", at: Self.noon + 5 * Self.minute)
        var fold = fold(script)

        let before = fold.sample(at: Self.noon + 5 * Self.minute - 1, openUsers: [])
        let after = fold.sample(at: Self.noon + 5 * Self.minute, openUsers: [])

        #expect(
            (before.activeUsers, before.messagesLastHour, before.activeChannels, before.eventCounts.count) == (
                0, 0, 0, 0
            ))
        #expect(
            (after.activeUsers, after.messagesLastHour, after.activeChannels, after.eventCounts.count) == (1, 1, 1, 1))
    }

    @Test func `a delete takes back the message, not its event`() {
        var script = LogScript()
        script.send("m1", in: "c1", at: Self.noon)
        script.send("m2", in: "c1", at: Self.noon - Self.hour)
        script.delete("m1", at: Self.noon)
        script.delete("m1", at: Self.noon)
        script.delete("unknown", at: Self.noon)

        let stats = sample(script)

        #expect((stats.messagesLastHour, stats.messagesToday, stats.activeChannels) == (0, 1, 1))
        #expect(stats.eventCounts == [.init(type: "message.deleted", count: 3), .init(type: "message.sent", count: 2)])
    }

    @Test func `a channel whose latest message was deleted lives as long as the one before`() {
        var script = LogScript()
        script.send("m1", in: "c1", at: Self.noon - 2 * Self.hour)
        script.send("m2", in: "c1", at: Self.noon)
        script.delete("m2", at: Self.noon)

        #expect(sample(script, at: Self.noon + 22 * Self.hour - 1).activeChannels == 1)
        #expect(sample(script, at: Self.noon + 22 * Self.hour).activeChannels == 0)
    }

    @Test func `a message id that was seen counts as an event only`() {
        var script = LogScript()
        script.send("m", in: "c1", at: Self.noon)
        script.send("m", in: "c2", at: Self.noon)

        let stats = sample(script)

        #expect((stats.messagesToday, stats.activeChannels) == (1, 1))
        #expect(stats.eventCounts == [.init(type: "message.sent", count: 2)])
    }

    @Test func `one device's departure leaves the others`() {
        var script = LogScript()
        script.append("user.online", .present(device: "phone"), at: Self.noon)
        script.append("user.online", .present(device: "desk"), at: Self.noon)
        script.append("user.offline", .absent(device: "phone"), at: Self.noon)
        #expect(sample(script).onlineUsers == 1)

        script.append("user.offline", .absent(device: "desk"), at: Self.noon)
        #expect(sample(script).onlineUsers == 0)
    }

    @Test func `a departure undoes an earlier beat that is dated ahead`() {
        var script = LogScript()
        script.append("user.active", .present(device: ""), at: Self.noon + Self.minute)
        script.append("user.offline", .absent(device: ""), at: Self.noon)
        var fold = fold(script)

        #expect(fold.sample(at: Self.noon + Self.minute, openUsers: []).onlineUsers == 0)
    }

    @Test func `users with an open stream are online, each once`() {
        var script = LogScript()
        script.append("user.online", .present(device: ""), by: "u1", at: Self.noon)
        var fold = fold(script)

        let stats = fold.sample(at: Self.noon, openUsers: ["u1", "u2", "u2"].map { UserID(validated: $0) })

        #expect(stats.onlineUsers == 2)
    }

    @Test func `an orchestrator that fell silent comes back with a heartbeat, until it stops`() {
        let id = EntityID(validated: "o")
        var script = LogScript()
        script.append("orchestrator.started", .orchestrator(id: id, .started), at: Self.noon)
        var fold = fold(script)
        #expect(fold.sample(at: Self.noon + 5 * Self.minute, openUsers: []).activeOrchestrators == 0)

        fold.apply(
            script.append("orchestrator.heartbeat", .orchestrator(id: id, .heartbeat), at: Self.noon + 5 * Self.minute))
        #expect(fold.sample(at: Self.noon + 5 * Self.minute, openUsers: []).activeOrchestrators == 1)

        fold.apply(
            script.append("orchestrator.stopped", .orchestrator(id: id, .stopped), at: Self.noon + 5 * Self.minute))
        #expect(fold.sample(at: Self.noon + 5 * Self.minute, openUsers: []).activeOrchestrators == 0)
    }

    @Test func `a heartbeat without a start is no orchestrator at work`() {
        var script = LogScript()
        script.append("orchestrator.heartbeat", .orchestrator(id: EntityID(validated: "o"), .heartbeat), at: Self.noon)

        #expect(sample(script).activeOrchestrators == 0)
    }

    @Test(arguments: [199, 200, 201])
    func `types beyond the limit are counted as other`(count: Int) {
        var script = LogScript()
        for number in 0..<count { script.append("custom.t\(number)", at: Self.noon) }
        for number in 0..<count { script.append("custom.t\(number)", at: Self.noon) }

        let counts = sample(script).eventCounts

        #expect(counts.count == min(count, 201))
        #expect(counts.allSatisfy { $0.count == 2 })
        #expect((counts.last?.type == "other") == (count > 200))
    }

    @Test func `S4-6 · the day begins at local midnight, also when the zone changes`() {
        var script = LogScript()
        script.append("x.y", at: Self.noon - 9 * Self.hour)  // 03:00 UTC
        script.send("m", at: Self.noon)
        // New York's day began at 04:00 UTC.
        script.append("workspace.updated", .workspace(slug: nil, timeZone: "America/New_York"), at: Self.noon)
        var fold = fold(script)

        let today = fold.sample(at: Self.noon, openUsers: [])
        let tomorrow = fold.sample(at: Self.noon + 16 * Self.hour, openUsers: [])

        #expect(fold.timeZone == "America/New_York")
        #expect(today.messagesToday == 1)
        #expect(today.eventCounts.map(\.type) == ["message.sent", "workspace.updated"])
        #expect(tomorrow.messagesToday == 0)
        #expect(tomorrow.eventCounts.isEmpty)
    }

    @Test func `only the next event of the log is folded`() {
        var script = LogScript()
        let first = script.send("m1", at: Self.noon)
        let second = script.send("m2", at: Self.noon)
        var fold = LiveStatsFold(timeZone: "UTC", startingAt: Self.noon)

        fold.apply(second)
        #expect(fold.asOf == 0)
        fold.apply(first)
        fold.apply(first)
        fold.apply(second)

        #expect(fold.asOf == 2)
        #expect(fold.sample(at: Self.noon, openUsers: []).messagesToday == 2)
    }

    @Test func `a pruned log is folded from where it begins`() {
        var script = LogScript()
        script.send("m1", at: Self.noon)
        let second = script.send("m2", at: Self.noon)
        var fold = LiveStatsFold(timeZone: "UTC", startingAt: Self.noon, after: 1)

        fold.apply(second)

        #expect(fold.asOf == 2)
        #expect(fold.sample(at: Self.noon, openUsers: []).messagesToday == 1)
    }

    @Test func `time never goes back`() {
        var fold = fold(LogScript())

        let stats = fold.sample(at: Self.noon - Self.hour, openUsers: [])

        #expect(stats.timestamp == Self.noon)
    }

    @Test func `a state holds what windows hold and no more`() {
        var fold = LiveStatsFold(timeZone: "UTC", startingAt: Self.noon)
        let empty = fold.encoded().count
        var script = LogScript()
        for number in 0..<5_000 {
            fold.apply(
                script.append(
                    "message.sent", .messageSent(message: nil, type: .text, length: 1, mentions: []), by: "u\(number)",
                    session: "s\(number)", channel: "c\(number)", at: Self.noon + Int64(number)))
            fold.advance(to: Self.noon + Int64(number))
        }
        #expect(fold.encoded().count > 50_000)

        fold.advance(to: Self.noon + 30 * Self.hour)

        #expect(fold.encoded().count < empty + 16)
    }
}
