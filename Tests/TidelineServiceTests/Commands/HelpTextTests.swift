import Testing

@testable import TidelineService

struct HelpTextTests {
    @Test(arguments: CommandGrammar.all.map(\.name))
    func `every command explains itself`(name: String) throws {
        let grammar = try #require(CommandGrammar.all.first { $0.name == name })

        let text = HelpText.of(grammar)

        #expect(text.contains("Usage:\n  tideline \(name)"))
        #expect(grammar.options.allSatisfy { text.contains("  \($0.spelling)") })
        #expect(text.contains("Exit status: 0 done"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(text)")
    }

    @Test func `the overview names every command and fits a terminal`() {
        #expect(CommandGrammar.all.allSatisfy { HelpText.overview.contains("  \($0.name) ") })
        #expect(HelpText.overview.split(separator: "\n").allSatisfy { $0.count <= 110 })
    }

    @Test(arguments: CommandGrammar.all.map(\.name))
    func `the examples are commands that parse`(name: String) throws {
        let grammar = try #require(CommandGrammar.all.first { $0.name == name })

        for example in grammar.examples {
            let quoted = example.command.replacing("$(", with: "").replacing(")", with: "").replacing("'", with: "")
            let line = quoted.split(separator: "tideline ", maxSplits: 1).last.map(String.init) ?? ""
            let words = line.prefix { $0 != ">" }.split(separator: " ").map(String.init)
            let joined = words.joined(separator: " ").replacing("Acme AG", with: "Acme_AG")
            _ = try Command.parse(joined.split(separator: " ").map(String.init))
        }
    }
}
