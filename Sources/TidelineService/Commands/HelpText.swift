/// The texts of `tideline help`, made from the grammars so that they cannot differ from what the parser takes.
enum HelpText {
    private static let width = 96
    private static let optionColumn = 26

    /// The program's own help.
    static let overview: String = {
        let names = CommandGrammar.all.map(\.name)
        let column = (names.map(\.count).max() ?? 0) + 2
        let commands = CommandGrammar.all.map { "  \(padded($0.name, to: column))\($0.summary)" }
        return """
            Tideline takes events in, keeps them in one durable log a workspace, and streams them and live figures out
            by Server-Sent Events.

            Usage: tideline COMMAND [OPTION]…

            Commands:
            \(commands.joined(separator: "\n"))

            First steps:
              tideline serve --demo
                  Starts on 127.0.0.1:8080 with a lively sample workspace and prints a login link.
              tideline token --user ada --workspace acme=admin
                  Prints a token; then: curl -N -H "Authorization: Bearer $TOKEN" -H "Accept: text/event-stream"
                  http://127.0.0.1:8080/api/workspaces/acme/analytics/realtime

            Results go to standard output, everything else to standard error.
            Exit status: 0 done, 1 failed, 2 wrong usage. Help on a command: tideline help COMMAND

            """
    }()

    /// The help that `words` after `help` ask for; none ask for the overview.
    static func about(_ words: [String]) throws(UsageError) -> String {
        guard !words.isEmpty else { return overview }
        let name = words.joined(separator: " ")
        let matching = CommandGrammar.all.filter { $0.name == name || $0.name.hasPrefix(name + " ") }
        if !matching.isEmpty { return matching.map(of).joined(separator: "\n") }
        let nearest = Suggestion.nearest(to: name, among: CommandGrammar.all.map(\.name))
        throw UsageError(
            message: "there is no command \"\(name)\"" + (nearest.map { "; did you mean \($0)?" } ?? ""), command: nil)
    }

    /// Synopsis, description, options, examples, exit status.
    static func of(_ grammar: CommandGrammar) -> String {
        var blocks = ["tideline \(grammar.name): \(grammar.summary)"]
        blocks.append("Usage:\n" + wrapped(grammar.synopsis, indent: 2, hanging: 6))
        blocks += grammar.description.map { wrapped($0, indent: 0, hanging: 0) }
        if !grammar.options.isEmpty {
            blocks.append("Options:\n" + grammar.options.map(line).joined(separator: "\n"))
        }
        if !grammar.examples.isEmpty {
            let examples = grammar.examples.map { "  \($0.command)\n" + wrapped($0.meaning, indent: 6, hanging: 6) }
            blocks.append("Examples:\n" + examples.joined(separator: "\n"))
        }
        if !grammar.failure.isEmpty {
            blocks.append(wrapped("Exit status: 0 done; 1 \(grammar.failure); 2 wrong usage.", indent: 0, hanging: 0))
        }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private static func line(_ option: CommandGrammar.Option) -> String {
        var meaning = option.meaning
        if option.isRepeatable { meaning += " May be repeated." }
        if option.isRequired { meaning += " Required." }
        let text = wrapped(meaning, indent: optionColumn, hanging: optionColumn)
        let spelling = "  \(option.spelling)"
        guard spelling.count < optionColumn - 1 else { return spelling + "\n" + text }
        return padded(spelling, to: optionColumn) + text.dropFirst(optionColumn)
    }

    private static func padded(_ text: String, to column: Int) -> String {
        text + String(repeating: " ", count: max(0, column - text.count))
    }

    /// Breaks `text` between words; the first line is indented by `indent`, the others by `hanging`.
    private static func wrapped(_ text: String, indent: Int, hanging: Int) -> String {
        var lines = [String(repeating: " ", count: indent)]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            let isFresh = last.allSatisfy { $0 == " " }
            if !isFresh, last.count + 1 + word.count > width {
                lines.append(String(repeating: " ", count: hanging) + word)
            } else {
                lines[lines.count - 1] = last + (isFresh ? "" : " ") + word
            }
        }
        return lines.joined(separator: "\n")
    }
}
