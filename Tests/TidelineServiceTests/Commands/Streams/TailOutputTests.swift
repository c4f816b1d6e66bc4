import Events
import Testing

@testable import TidelineService

struct TailOutputTests {
    private static let event =
        #"{"eventId":"e","id":"abcdefghij-1","eventType":"message.sent","userId":"ada","#
        + #""occurredAt":"2026-01-31T12:34:56.789Z","eventData":{"n":1}}"#

    private func output(columns: Int?, isJSON: Bool = false) -> TailOutput {
        TailOutput(
            Console(outputColumns: { columns }, output: { _ in .written }, diagnostics: { _ in }), isJSON: isJSON)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `a pipe gets the event as it came, one a line`() {
        #expect(text(output(columns: nil).line(event: Self.event, of: nil)) == Self.event + "\n")
        #expect(text(output(columns: 200, isJSON: true).line(event: Self.event, of: nil)) == Self.event + "\n")
        #expect(text(output(columns: nil).line(stats: #"{"a":1}"#)) == #"{"stats":{"a":1}}"# + "\n")
    }

    @Test func `a terminal gets time, type, user and data`() {
        let line = text(output(columns: 200).line(event: Self.event, of: nil))

        #expect(line.split(separator: " ") == ["12:34:56.789", "message.sent", "ada", "{\"n\":1}\n"])
    }

    @Test func `only the user asked for is shown`() {
        for output in [output(columns: nil), output(columns: 80)] {
            #expect(output.line(event: Self.event, of: UserID("eve")).isEmpty)
            #expect(!output.line(event: Self.event, of: UserID("ada")).isEmpty)
        }
    }

    @Test(arguments: [1, 20, 79, 80, 81]) func `a line never exceeds the terminal`(columns: Int) {
        let data = String(repeating: "x", count: 500)

        let line = text(TailOutput.row(["12:34:56.789", "message.sent", "ada", data], columns)).dropLast()

        #expect(line.count <= max(columns, 2) && line.hasSuffix("…"))
    }

    @Test(arguments: [
        "\u{1B}[2J", "\u{9B}31m", "\u{7F}", "\r", "\u{202E}", "\u{2028}", "\u{200B}", "\u{7}", "a\nb",
    ])
    func `what a terminal would obey is not written`(text: String) {
        let shown = TailOutput.printable(text)

        #expect(shown.contains("\u{FFFD}"))
        #expect(shown.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(shown.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format })
    }

    @Test func `people's text stays as it is`() {
        #expect(TailOutput.printable("Grüße, 世界 🌊") == "Grüße, 世界 🌊")
    }

    @Test func `figures are told in a line`() {
        let stats = #"{"activeUsers":3,"eventCounts":{"a.b":1},"timestamp":"2026-01-31T12:34:56.789Z"}"#

        let line = text(output(columns: 200).line(stats: stats))

        #expect(line.split(separator: " ") == ["12:34:56.789", "stats", "activeUsers=3\n"])
    }
}
