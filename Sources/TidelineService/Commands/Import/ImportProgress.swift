/// Says now and then how far an import is: on a terminal in place, elsewhere a line every few seconds.
struct ImportProgress {
    private let console: Console
    private let totalBytes: Int?
    private let interval: Duration
    private let started: ContinuousClock.Instant
    private let firstLine: Int
    private var next: ContinuousClock.Instant
    private var isShown = false

    /// - Parameters:
    ///   - totalBytes: nil for a pipe, whose end is not known.
    ///   - firstLine: the lines done before this run.
    init(_ console: Console, totalBytes: Int?, firstLine: Int = 0, now: ContinuousClock.Instant = .now) {
        self.console = console
        self.totalBytes = totalBytes
        self.firstLine = firstLine
        interval = console.isTerminal ? .milliseconds(200) : .seconds(5)
        started = now
        next = now + interval
    }

    mutating func update(_ counts: ImportCounts, offset: Int, now: ContinuousClock.Instant = .now) {
        guard now >= next else { return }
        next = now + interval
        let text = text(counts, offset: offset, now: now)
        if console.isTerminal {
            // Return to the first column, and erase to the end of the line (ECMA-48 EL).
            console.say(raw: "\r\u{1B}[K" + text)
            isShown = true
        } else {
            console.say(text)
        }
    }

    /// Takes the line away before something else is written.
    mutating func hide() {
        if isShown { console.say(raw: "\r\u{1B}[K") }
        isShown = false
    }

    private func text(_ counts: ImportCounts, offset: Int, now: ContinuousClock.Instant) -> String {
        let seconds = max(0.001, started.duration(to: now) / .seconds(1))
        let rate = Int(Double(counts.lines - firstLine) / seconds)
        let share = totalBytes.map { $0 > 0 ? "\(offset * 100 / $0) %  " : "" } ?? ""
        return "\(share)\(counts.lines) lines, \(rate)/s  \(counts.accepted) accepted, "
            + "\(counts.duplicates) duplicates, \(counts.rejected) rejected"
    }
}
