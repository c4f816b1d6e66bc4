/// Says which stage a long command is in, and how far: on a terminal in place, elsewhere each stage on a line of its own.
struct StageLine {
    private static let interval: Duration = .milliseconds(200)

    private let console: Console
    private var stage = ""
    private var next = ContinuousClock.now
    private var isShown = false

    init(_ console: Console) { self.console = console }

    mutating func begin(_ stage: String) {
        self.stage = stage
        if console.isTerminal { show(stage + " …") } else { console.say(stage) }
        next = .now
    }

    /// - Parameters:
    ///   - done: bytes done.
    ///   - total: all of them; 0 while unknown.
    mutating func update(_ done: Int, of total: Int, now: ContinuousClock.Instant = .now) {
        guard console.isTerminal, now >= next, total > 0 else { return }
        next = now + Self.interval
        show("\(stage) \(min(100, done * 100 / total)) %  \(ByteText.of(done)) of \(ByteText.of(total))")
    }

    /// Takes the line away before something else is written.
    mutating func end() {
        if isShown { console.say(raw: "\r\u{1B}[K") }
        isShown = false
    }

    /// Returns to the first column and erases to the end of the line (ECMA-48 EL).
    private mutating func show(_ text: String) {
        console.say(raw: "\r\u{1B}[K" + text)
        isShown = true
    }
}

/// Sizes for people: three digits and a binary unit.
enum ByteText {
    static func of(_ bytes: Int) -> String {
        var value = Double(bytes)
        var units = ["B", "KiB", "MiB", "GiB", "TiB"][...]
        while value >= 1_000, units.count > 1 {
            value /= 1_024
            units = units.dropFirst()
        }
        guard units.first != "B", value < 100 else { return "\(Int(value.rounded())) \(units[units.startIndex])" }
        return "\(Double(Int((value * 10).rounded())) / 10) \(units[units.startIndex])"
    }
}
