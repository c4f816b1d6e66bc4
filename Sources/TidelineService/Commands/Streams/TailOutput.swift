import Events
import Synchronization

/// What `tideline tail` writes: lines for a person on a terminal, NDJSON for everyone else.
final class TailOutput: Sendable {
    private let console: Console
    private let isJSON: Bool
    /// Held while a write is under way, so that the process does not end in the middle of a line.
    private let writing = Mutex(())

    /// - Parameter isJSON: NDJSON whatever standard output is.
    init(_ console: Console, isJSON: Bool) {
        self.console = console
        self.isJSON = isJSON
    }

    func say(_ text: String) { console.say("tideline: \(text)") }

    /// Ends the process with status 0 when it is told to end or when nobody reads its output any more.
    func endWithReader() {
        ProcessEnd.watch { [self] in
            // A reader that does not read cannot hold up the end.
            for _ in 0..<20 where writing.withLockIfAvailable({ _ in true }) == nil { pause(.milliseconds(10)) }
        }
    }

    func write(_ lines: [UInt8]) throws(CommandFailure) {
        guard !lines.isEmpty else { return }
        try writing.withLock { (_) throws(CommandFailure) in try console.write(lines) }
    }

    // MARK: Lines

    /// The line of an event of the log; nothing when it is another user's.
    func line(event data: String, of user: UserID?) -> [UInt8] {
        let columns = isJSON ? nil : console.outputColumns()
        guard columns != nil || user != nil else { return Array(data.utf8) + [UInt8(ascii: "\n")] }
        // What our own server sends is JSON; from any other it is passed on as it came.
        let event = try? JSONDocument(scanning: Array(data.utf8), limits: .stored).root
        if let user, event?["userId"]?.string != user.text { return [] }
        guard let columns, let event else { return Array(data.utf8) + [UInt8(ascii: "\n")] }
        return Self.row(
            [
                Self.time(event["occurredAt"]?.string), event["eventType"]?.string ?? "",
                event["userId"]?.string ?? "", String(decoding: event["eventData"]?.rawBytes ?? [], as: UTF8.self),
            ], columns)
    }

    /// The line of a figures snapshot: told from events by its only member.
    func line(stats data: String) -> [UInt8] {
        guard !isJSON, let columns = console.outputColumns() else { return Array("{\"stats\":\(data)}\n".utf8) }
        let stats = try? JSONDocument(scanning: Array(data.utf8), limits: .stored).root
        let figures = stats?.members.compactMap { member in
            member.value.integer.map { "\(member.name)=\($0)" }
        }
        return Self.row(
            [Self.time(stats?["timestamp"]?.string), "stats", "", figures?.joined(separator: " ") ?? ""], columns)
    }

    /// `12:34:56.789` of an RFC 3339 time in UTC.
    private static func time(_ timestamp: String?) -> String {
        guard let timestamp, timestamp.utf8.count == 24 else { return "" }
        return String(timestamp.dropFirst(11).dropLast())
    }

    /// Time, type, user and data in columns, cut at the edge of the terminal.
    static func row(_ cells: [String], _ columns: Int) -> [UInt8] {
        var text = ""
        // What is longer than its column moves the rest of its line to the right.
        for (cell, width) in zip(cells, columns < 120 ? [12, 16, 10] : [12, 22, 18]) {
            let shown = printable(cell)
            text += shown + String(repeating: " ", count: max(width - shown.count, 0)) + "  "
        }
        text += printable(cells[cells.count - 1])
        if text.count > columns { text = String(text.prefix(max(columns - 1, 1))) + "…" }
        return Array(text.utf8) + [UInt8(ascii: "\n")]
    }

    /// `text` without what a terminal would obey or what would turn its direction: people's text stays text.
    static func printable(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: shown.append("\u{FFFD}")
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }
}
