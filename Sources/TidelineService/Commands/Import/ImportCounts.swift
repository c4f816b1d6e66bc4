import Events

/// What became of the lines of an import so far.
struct ImportCounts: Sendable, Equatable {
    /// Those that are not blank.
    var lines = 0
    var accepted = 0
    /// In the log before.
    var duplicates = 0
    var rejected = 0
    /// Exported events about the workspace itself.
    var leftOut = 0

    /// One line for a person.
    func text(isDryRun: Bool = false) -> String {
        let verb = isDryRun ? "valid" : "accepted"
        var text = "\(lines) lines: \(accepted) \(verb), \(duplicates) duplicates, \(rejected) rejected"
        if leftOut > 0 { text += ", \(leftOut) left out (about the workspace itself)" }
        return text
    }

    var json: JSONLine {
        var line = JSONLine()
        for (name, count) in members { line.add(name, Int64(count)) }
        return line
    }

    private var members: [(String, Int)] {
        [
            ("lines", lines), ("accepted", accepted), ("duplicates", duplicates), ("rejected", rejected),
            ("leftOut", leftOut),
        ]
    }

    init() {}

    init(_ object: JSONValue) {
        func count(_ name: String) -> Int { object[name]?.integer.map { max(0, Int($0)) } ?? 0 }
        lines = count("lines")
        accepted = count("accepted")
        duplicates = count("duplicates")
        rejected = count("rejected")
        leftOut = count("leftOut")
    }
}
