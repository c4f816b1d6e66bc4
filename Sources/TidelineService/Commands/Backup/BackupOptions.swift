/// `tideline backup`.
package struct BackupOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    package var file: String
    package var isDryRun: Bool
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        file = try parsed.file()
        isDryRun = parsed.contains("--dry-run")
        isJSON = parsed.contains("--json")
    }
}

/// `tideline restore`.
package struct RestoreOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    package var file: String
    package var isDryRun: Bool
    /// Whether events of the present log may go.
    package var isForced: Bool
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        file = try parsed.file()
        isDryRun = parsed.contains("--dry-run")
        isForced = parsed.contains("--force")
        isJSON = parsed.contains("--json")
    }
}

extension ParsedArguments {
    /// The only positional argument, as the name of a file: `-` is none, since a database cannot be piped.
    fileprivate func file() throws(UsageError) -> String {
        let file = positionals[0]
        guard !file.isEmpty, file != "-", !file.hasSuffix("/") else { throw error("FILE is the name of a file") }
        return file
    }
}
