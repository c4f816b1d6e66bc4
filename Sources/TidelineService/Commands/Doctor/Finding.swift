/// What one check of `tideline doctor` came to.
struct Finding: Sendable, Equatable {
    enum Status: String, Sendable, CaseIterable, Comparable {
        case ok
        /// It works, and something should be looked at.
        case warn
        /// It does not work, or will not under load.
        case fail

        static func < (left: Self, right: Self) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    let status: Status
    /// A dotted name that scripts may rely on.
    let check: String
    /// What was found.
    let detail: String
    /// What to do; nil where nothing has to be done.
    let remedy: String?

    static func ok(_ check: String, _ detail: String) -> Finding {
        Finding(status: .ok, check: check, detail: detail, remedy: nil)
    }

    static func warn(_ check: String, _ detail: String, _ remedy: String) -> Finding {
        Finding(status: .warn, check: check, detail: detail, remedy: remedy)
    }

    static func fail(_ check: String, _ detail: String, _ remedy: String) -> Finding {
        Finding(status: .fail, check: check, detail: detail, remedy: remedy)
    }

    /// The same on one line, of bounded length, and without what a terminal would obey: a detail may quote whoever answered.
    var printable: Finding {
        func clean(_ text: String) -> String { TailOutput.printable(String(text.prefix(1_000))) }
        return Finding(status: status, check: check, detail: clean(detail), remedy: remedy.map(clean))
    }
}
