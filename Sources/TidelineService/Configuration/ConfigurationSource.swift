/// Where the value of a key comes from; later cases win over earlier ones.
package enum ConfigurationSource: Sendable, Equatable, CustomStringConvertible {
    case `default`
    case file(path: String, line: Int)
    /// The variable's name.
    case environment(String)
    /// The flag, for instance `--listen`.
    case argument(String)

    package var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let variable): "environment \(variable)"
        case .argument(let flag): "argument \(flag)"
        }
    }
}

/// A key that an argument sets: `--listen`, `--data`, `--set KEY=VALUE`.
package struct ConfigurationOverride: Sendable, Equatable {
    package let key: String
    /// Spelled as in the environment.
    package let value: String
    /// The flag, for messages.
    package let flag: String

    package init(key: String, value: String, flag: String) {
        self.key = key
        self.value = value
        self.flag = flag
    }
}

/// One thing wrong with the configuration: the key, where it was set, and what was expected there.
package struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// nil where no key can be named, as in a file that is not JSON5.
    package let key: String?
    package let source: ConfigurationSource
    /// What is wrong and what would be right; without the value of a secret.
    package let detail: String

    package var description: String { "\(source): " + (key.map { "\($0): " } ?? "") + detail }
}

/// Why the configuration does not load: every problem found, not only the first.
package struct ConfigurationFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
