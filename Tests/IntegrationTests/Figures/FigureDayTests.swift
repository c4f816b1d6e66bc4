import Foundation
import Testing

/// Figures of the local day while clocks change, on a server whose clock the test sets.
@Suite(.enabled(if: FakedClock.isInstalled))
struct FigureDayTests {
    /// A day in Europe/Berlin on which clocks change at 01:00 UTC.
    struct Day: Sendable, CustomTestStringConvertible {
        let start: String
        let change: String
        let end: String

        var testDescription: String { change }

        /// 23 hours.
        static let spring = Day(
            start: "2026-03-28T23:00:00Z", change: "2026-03-29T01:00:00Z", end: "2026-03-29T22:00:00Z")
        /// 25 hours.
        static let autumn = Day(
            start: "2026-10-24T22:00:00Z", change: "2026-10-25T01:00:00Z", end: "2026-10-25T23:00:00Z")
    }

    /// A server in another time, and someone who posts to it and reads its figures.
    private struct Subject {
        let clock: FakedClock
        private(set) var server: ServerProcess
        private var client: HTTPTestClient

        init(_ time: Date) async throws {
            clock = try FakedClock(time)
            server = try await ServerProcess.start(clock.environment)
            client = Self.client(server)
        }

        private static func client(_ server: ServerProcess) -> HTTPTestClient {
            var token = TestToken(user: "ana", workspaces: ["w": "admin"])
            token.claims["iat"] = nil
            token.claims["exp"] = 2_000_000_000
            return server.client(token: token.signed(with: ServerProcess.secret))
        }

        mutating func restart(after signal: Int32) async throws {
            server.send(signal: signal)
            try await server.waitExit()
            server = try await server.restart()
            client = Self.client(server)
        }

        func post(_ type: String, _ data: TestJSON, at time: Date? = nil) async throws {
            var event: [String: TestJSON] = ["eventType": .string(type), "eventData": data]
            if let time {
                event["occurredAt"] = .string(
                    time.ISO8601Format(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            }
            let reply = try await client.post(ServerProcess.realtime("w"), .object(event))
            try #require(reply.status == 200, "\(reply.text)")
        }

        func send(_ message: String, at time: Date? = nil) async throws {
            try await post("message.sent", ["messageId": .string(message), "channelId": "c"], at: time)
        }

        /// The messages of today; all figures are compared with the recount.
        func messagesToday(_ comment: Comment) async throws -> Int? {
            let snapshot = try await client.snapshot(of: "w")
            #expect(snapshot.figures == (try FigureRecount(server.data, workspace: "w").figures(at: snapshot)), comment)
            #expect(snapshot.data["eventCounts"]["message.sent"].int == snapshot.data["messagesToday"].int, comment)
            return snapshot.data["messagesToday"].int
        }
    }

    @Test(arguments: [Day.spring, .autumn])
    func `S4-6 · the local day begins and ends at midnight although its clocks change`(day: Day) async throws {
        let (start, change, end) = (
            try Date(day.start, strategy: .iso8601), try Date(day.change, strategy: .iso8601),
            try Date(day.end, strategy: .iso8601)
        )
        var subject = try await Subject(start - 180)
        try await subject.post("workspace.updated", ["tz": "Europe/Berlin"])

        try await subject.send("yesterday")
        try await subject.send("last", at: start - 0.001)
        try await subject.send("first", at: start)
        #expect(try await subject.messagesToday("before the day") == 1)

        try subject.clock.set(start + 5)
        #expect(try await subject.messagesToday("the day has begun") == 1)
        try subject.clock.set(change - 20)
        try await subject.send("before-the-change")
        try subject.clock.set(change + 20)
        try await subject.send("behind-the-change")
        #expect(try await subject.messagesToday("clocks have changed") == 3)
        try await subject.restart(after: SIGKILL)
        #expect(try await subject.messagesToday("killed and started again") == 3)

        try subject.clock.set(end - 180)
        try await subject.send("last-of-the-day", at: end - 0.001)
        try await subject.send("first-of-the-next", at: end)
        #expect(try await subject.messagesToday("before the end") == 3)
        try subject.clock.set(end + 5)
        #expect(try await subject.messagesToday("the next day") == 1)
        try await subject.send("late", at: end - 3_600)
        try await subject.post("message.deleted", ["messageId": "last-of-the-day"])
        #expect(try await subject.messagesToday("late events of the day before") == 1)
        try await subject.restart(after: SIGTERM)
        #expect(try await subject.messagesToday("ended and started again") == 1)
    }

    @Test func `S4-6 · figures do not stand still after a clock that was ahead is set right`() async throws {
        let noon = try Date("2026-06-15T12:00:00Z", strategy: .iso8601)
        var subject = try await Subject(noon + 7_200)
        try await subject.send("by-the-wrong-clock")
        #expect(try await subject.messagesToday("ahead") == 1)

        try subject.clock.set(noon)
        try await subject.restart(after: SIGTERM)
        try await subject.send("by-the-right-clock")

        #expect(try await subject.messagesToday("set right") == 1)
    }

    @Test func `S4-6 · figures of a workspace that nobody looks at move with the clock`() async throws {
        let noon = try Date("2026-06-15T12:00:00Z", strategy: .iso8601)
        var subject = try await Subject(noon)
        try await subject.send("early")

        try subject.clock.set(noon + 2 * 86_400)
        try await subject.send("two-days-later")
        try await subject.restart(after: SIGKILL)

        #expect(try await subject.messagesToday("after two days") == 1)
    }
}
