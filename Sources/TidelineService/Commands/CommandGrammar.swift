/// One command as the parser and the help texts see it.
struct CommandGrammar: Sendable {
    /// Its words, for instance `key create`.
    let name: String
    /// What follows the name in the synopsis, besides options.
    let positionals: [Positional]
    /// One line, without a full stop.
    let summary: String
    /// What it does and what one should know, in paragraphs.
    let description: [String]
    let options: [Option]
    let examples: [Example]
    /// What exit status 1 means here.
    let failure: String

    struct Option: Sendable, Equatable {
        /// With its dashes: `--listen`.
        let name: String
        /// What stands for its value in texts, for instance `HOST:PORT`; nil for a switch.
        let value: String?
        let isRepeatable: Bool
        let isRequired: Bool
        let meaning: String

        static func flag(_ name: String, _ meaning: String) -> Self {
            Self(name: name, value: nil, isRepeatable: false, isRequired: false, meaning: meaning)
        }

        static func value(
            _ name: String, _ value: String, isRepeatable: Bool = false, isRequired: Bool = false, _ meaning: String
        ) -> Self {
            Self(name: name, value: value, isRepeatable: isRepeatable, isRequired: isRequired, meaning: meaning)
        }

        /// `--listen HOST:PORT`, as in the list of options.
        var spelling: String { value.map { "\(name) \($0)" } ?? name }
    }

    struct Positional: Sendable, Equatable {
        /// What stands for it in texts: `SLUG`.
        let placeholder: String
        let isRequired: Bool
        var isRepeatable = false
    }

    struct Example: Sendable {
        let command: String
        let meaning: String
    }

    /// `tideline serve [--config FILE] …`
    var synopsis: String {
        let options = options.map { option in
            let text = option.spelling + (option.isRepeatable ? " …" : "")
            return option.isRequired ? text : "[\(text)]"
        }
        let positionals = positionals.map { positional in
            let text = positional.placeholder + (positional.isRepeatable ? " …" : "")
            return positional.isRequired ? text : "[\(text)]"
        }
        return (["tideline", name] + positionals + options).joined(separator: " ")
    }
}

/// The command line does not say what to do: exit status 2, and this on standard error.
package struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, and what was probably meant.
    package let message: String
    /// The command whose help explains it; nil for the program's.
    package let command: String?

    package var description: String {
        "tideline: \(message)\nTry: tideline help" + (command.map { " \($0)" } ?? "")
    }
}
