import Broadcast
import Events
import Testing

@testable import TidelineService

struct StreamOptionsTests {
    private static let base = ["--workspace", "acme"]

    // MARK: tail

    @Test func `tail begins where it is told`() throws {
        let position = StreamPosition(epoch: Epoch("abcdefghij")!, sequence: 42)
        let starts: [(String, TailOptions.Start)] = [
            ("abcdefghij-42", .after(position)), ("42", .afterSequence(42)), ("0", .afterSequence(0)),
        ]

        for (text, start) in starts {
            guard case .tail(let options) = try Command.parse(["tail", "--after", text] + Self.base) else {
                Issue.record("\(text)")
                continue
            }
            #expect(options.start == start)
        }
        guard case .tail(let options) = try Command.parse(["tail"] + Self.base) else { return }
        #expect(options.start == .now && options.filter == nil && !options.wantsStats && !options.isJSON)
    }

    @Test(arguments: [
        ["tail"], ["tail", "--workspace", "a b"], ["tail", "--workspace", "acme", "--after", "-1"],
        ["tail", "--workspace", "acme", "--after", "x-1"], ["tail", "--workspace", "acme", "--types", "Message"],
        ["tail", "--workspace", "acme", "more"], ["send", "--workspace", "acme"],
        ["send", "--workspace", "acme", "Message"], ["send", "--workspace", "acme", "a.b", "{"],
        ["send", "--workspace", "acme", "a.b", "[1]"], ["send", "--workspace", "acme", "a.b", "1"],
        ["send", "--workspace", "acme", "a.b", "{\"a\":1,\"a\":2}"], ["send", "--workspace", "acme", "a.b", "{} {}"],
        ["send", "--workspace", "acme", "a.b", "--occurred-at", "yesterday"],
        ["send", "--workspace", "acme", "a.b", "--user", "a b"], ["send", "a.b"],
        ["connections", "list"], ["connections", "close", "--workspace", "acme"],
        ["connections", "close", "conn_1", "--all", "--workspace", "acme"],
        ["connections", "close", "--user", "ada", "--all", "--workspace", "acme"],
        ["connections", "close", "--all", "--hold", "25h", "--workspace", "acme"],
        ["connections", "close", "--all", "--hold", "soon", "--workspace", "acme"], ["connections"],
    ])
    func `what cannot be meant is wrong usage`(line: [String]) {
        #expect(throws: UsageError.self) { try Command.parse(line) }
    }

    // MARK: send

    @Test func `an event is written with what was given and nothing else`() throws {
        let line = [
            "send", "a.b", #"{"n": 1}"#, "--user", "ada", "--session", "s", "--event-id", "e1", "--occurred-at",
            "2026-01-31T12:00:00+01:00",
        ]
        guard case .send(let full) = try Command.parse(line + Self.base),
            case .send(let bare) = try Command.parse(["send", "a.b"] + Self.base),
            case .text(let data) = full.payload, case .text(let none) = bare.payload
        else {
            Issue.record("not send")
            return
        }
        let event = try #require(EventID("e1"))

        #expect(
            String(decoding: SendCommand.event(full, event, Array(data.utf8)), as: UTF8.self)
                == #"{"eventType":"a.b","eventId":"e1","userId":"ada","sessionId":"s","#
                + #""occurredAt":"2026-01-31T11:00:00.000Z","eventData":{"n": 1}}"#)
        #expect(
            String(decoding: SendCommand.event(bare, event, Array(none.utf8)), as: UTF8.self)
                == #"{"eventType":"a.b","eventId":"e1","eventData":{}}"#)
    }

    @Test func `a mistake in JSON says where it is`() {
        #expect(EventPayload.problem(in: Array(#"{"a":1}"#.utf8)) == nil)
        #expect(EventPayload.problem(in: Array(#"{"a":x}"#.utf8)) == "it is malformed at byte 6")
        #expect(EventPayload.problem(in: Array(#"{"a":"#.utf8)) == "it ends too early")
        #expect(EventPayload.problem(in: Array("null".utf8)) == "expected an object { … }")
    }

    // MARK: connections

    @Test func `exactly one target is closed`() throws {
        let targets: [([String], ConnectionsCloseOptions.Target)] = [
            (["conn_1"], .one("conn_1")), (["--user", "ada"], .user(UserID("ada")!)), (["--all"], .all),
        ]

        for (words, target) in targets {
            let line = ["connections", "close"] + words + Self.base + ["--hold", "10m", "--final"]
            guard case .connectionsClose(let options) = try Command.parse(line) else {
                Issue.record("\(words)")
                continue
            }
            #expect(options.target == target && options.hold == .seconds(600) && options.isFinal)
        }
    }

    @Test(arguments: [
        (Int64(0), "0s"), (59_999, "59s"), (60_000, "1m 0s"), (3_599_999, "59m 59s"), (3_600_000, "1h 0m"),
        (86_399_000, "23h 59m"), (86_400_000, "1d 0h"), (273_600_000, "3d 4h"),
    ])
    func `an age is told in two units`(milliseconds: Int64, text: String) {
        #expect(ConnectionsCommand.age(milliseconds) == text)
    }

    @Test(arguments: [(Int64(0), "0B"), (1_023, "1023B"), (1_024, "1KiB"), (1_048_575, "1023KiB"), (1_048_576, "1MiB")])
    func `a size is told in its largest unit`(bytes: Int64, text: String) {
        #expect(ConnectionsCommand.size(bytes) == text)
    }
}
