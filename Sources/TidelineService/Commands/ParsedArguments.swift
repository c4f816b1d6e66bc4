/// The words of one command, sorted by its grammar: options with their values, and the rest.
struct ParsedArguments {
    let grammar: CommandGrammar
    private(set) var positionals: [String] = []
    /// `--help` or `-h` was among them; nothing else was checked then.
    private(set) var asksForHelp = false
    private var values: [String: [String]] = [:]

    /// Sorts `arguments`, which follow the command's name.
    ///
    /// `--name value` and `--name=value` are the same, `--` ends the options, `-` alone is no option.
    init(_ arguments: some Collection<String>, grammar: CommandGrammar) throws(UsageError) {
        self.grammar = grammar
        asksForHelp = arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
        if asksForHelp { return }
        var rest = Array(arguments)[...]
        while let word = rest.popFirst() {
            if word == "--" {
                positionals += rest
                break
            } else if word.hasPrefix("-"), word != "-" {
                try receive(option: word, rest: &rest)
            } else {
                positionals.append(word)
            }
        }
        try checkCounts()
    }

    func contains(_ flag: String) -> Bool { values[flag] != nil }
    func value(_ option: String) -> String? { values[option]?.first }
    func all(_ option: String) -> [String] { values[option] ?? [] }

    func error(_ message: String) -> UsageError { UsageError(message: message, command: grammar.name) }

    private mutating func receive(option word: String, rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = grammar.options.first(where: { $0.name == name }) else {
            let nearest = Suggestion.nearest(to: name, among: grammar.options.map(\.name) + ["--help"])
            throw error(
                "\(grammar.name) has no option \(name)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
        }
        guard option.isRepeatable || values[name] == nil else { throw error("\(name) may be given once only") }
        if let placeholder = option.value {
            let inline = parts.count == 2 ? String(parts[1]) : nil
            // A following option is more likely a forgotten value than a value; `--name=--x` says it unmistakably.
            let next = rest.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
            guard let value = inline ?? next else { throw error("\(name) needs a value: \(name) \(placeholder)") }
            if inline == nil { rest.removeFirst() }
            values[name, default: []].append(value)
        } else {
            guard parts.count == 1 else { throw error("\(name) takes no value") }
            values[name] = [""]
        }
    }

    private func checkCounts() throws(UsageError) {
        if let missing = grammar.options.first(where: { $0.isRequired && values[$0.name] == nil }) {
            throw error("\(grammar.name) needs \(missing.spelling)")
        }
        let required = grammar.positionals.filter(\.isRequired)
        if positionals.count < required.count {
            throw error("\(grammar.name) needs \(required[positionals.count].placeholder)")
        }
        let takesMore = grammar.positionals.contains(where: \.isRepeatable)
        if !takesMore, positionals.count > grammar.positionals.count {
            let surplus = positionals[grammar.positionals.count]
            throw error("\(grammar.name) does not know what to do with \"\(surplus)\"")
        }
    }
}
