import Events
import Testing

@testable import TidelineService

struct LinePreparerTests {
    private func prepare(_ line: String, number: Int = 1) -> (LinePreparer.Outcome, String) {
        var preparer = LinePreparer()
        let bytes = Array("xx\(line)yy".utf8)
        let outcome = preparer.prepare(bytes, 2..<(bytes.count - 2), number: number)
        return (outcome, String(decoding: preparer.item, as: UTF8.self))
    }

    private let plain = LinePreparer.Outcome.event(workspace: nil, isExported: false)

    @Test func `members of an event pass as they are spelled`() {
        let line =
            #"{"eventId":"e1","eventType":"a.b", "eventData":{"x":[1,"}"]},"userId":7,"sessionId":"s","occurredAt":1}"#

        let (outcome, item) = prepare(line)

        #expect(outcome == plain)
        #expect(item == line.replacing(", ", with: ","))
    }

    @Test func `an exported envelope becomes the draft it once was`() {
        let (outcome, item) = prepare(
            #"{"eventId":"e1","workspaceId":"acme","seq":4,"id":"abcdefghij-4","eventType":"a.b","userId":"u","#
                + #""timestamp":"2026-01-01T00:00:00.000Z","occurredAt":"2026-01-01T00:00:00.000Z","#
                + #""receivedAt":"2026-01-01T00:00:00.000Z","entity":{"type":"t","id":"i"},"eventData":{}}"#)

        #expect(outcome == .event(workspace: WorkspaceID("acme"), isExported: true))
        #expect(
            item
                == #"{"eventId":"e1","eventType":"a.b","userId":"u","occurredAt":"2026-01-01T00:00:00.000Z","eventData":{}}"#
        )
    }

    @Test(arguments: ["workspace.created", "workspace.updated"])
    func `what an export says of its workspace is left out`(_ type: String) {
        let exported = prepare(#"{"seq":1,"receivedAt":"t","eventType":"\#(type)","eventId":"e"}"#)
        let posted = prepare(#"{"eventType":"\#(type)","eventId":"e"}"#)

        #expect(exported.0 == .leftOut)
        #expect(posted.0 == plain)
    }

    @Test func `a line without an id gets the same one each time`() {
        let line = #"{"eventType":"a.b"}"#

        let (first, again) = (prepare(line, number: 5).1, prepare(line, number: 5).1)
        let (otherLine, otherNumber) = (prepare(#"{"eventType":"a.c"}"#, number: 5).1, prepare(line, number: 6).1)

        #expect(first == again)
        #expect(first.hasPrefix(#"{"eventType":"a.b","eventId":"imp-"#) && first.hasSuffix("\"}"))
        #expect(first.count == line.count + 54)
        #expect(first != otherNumber && first.suffix(34) != otherLine.suffix(34))
    }

    @Test func `null counts as absent`() {
        let (outcome, item) = prepare(#"{"eventId":null,"workspaceId":null,"eventType":"a.b"}"#)

        #expect(outcome == plain)
        #expect(item.hasPrefix(#"{"eventType":"a.b","eventId":"imp-"#))
    }

    @Test(arguments: [(#""acme""#, "acme"), ("7", "7"), (#""\u0061cme""#, "acme")])
    func `a workspace is a string or an integer`(_ value: String, _ name: String) {
        #expect(
            prepare(#"{"workspaceId":\#(value),"eventId":"e","eventType":"a.b"}"#).0
                == .event(workspace: WorkspaceID(name), isExported: false))
    }

    @Test(arguments: [#""a b""#, "1.5", "{}", #"["\n"]"#, #""a\n""#, "true"])
    func `what is no workspace is refused`(_ value: String) {
        guard case .refused(code: "invalid_id", _) = prepare(#"{"workspaceId":\#(value),"eventType":"a.b"}"#).0 else {
            Issue.record("\(value) was taken")
            return
        }
    }

    @Test func `escaped names are decoded`() {
        let (outcome, item) = prepare(#"{"event\u0049d":"e1","event\u0054ype":"a.b","\u0000":1,"a\"b":2}"#)

        #expect(outcome == plain)
        #expect(item == #"{"eventId":"e1","eventType":"a.b"}"#)
    }

    @Test(arguments: [
        ("nonsense", "invalid_json"), ("[1]", "invalid_payload"), (#"{"a":1"#, "invalid_json"),
        (#"{"\u0061":1,}"#, "invalid_json"), (#"{"\u0061":1,"a":2}"#, "duplicate_key"), ("\"x\"", "invalid_payload"),
    ]) func `what is no object is refused with its reason`(_ line: String, _ code: String) {
        guard case .refused(code, _) = prepare(line).0 else {
            Issue.record("\(prepare(line).0)")
            return
        }
    }

    @Test func `blank lines are no events`() {
        #expect(prepare("").0 == .blank)
        #expect(prepare(" \t ").0 == .blank)
    }

    @Test func `no cut of a line traps`() {
        let line = #"{"eventId":"e\"1","work\u0073paceId":"acme","seq":4,"eventData":{"a":["x",{}]}}"#

        for length in 0...line.utf8.count {
            _ = prepare(String(decoding: Array(line.utf8).prefix(length), as: UTF8.self))
        }
    }
}
