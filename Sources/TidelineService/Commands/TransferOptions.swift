package import Events

/// `tideline import`.
package struct ImportOptions: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        case standardInput
        case file(String)
    }

    package var configuration: ConfigurationOptions
    package var source: Source
    /// For lines that name no workspace (nil refuses them), and for exported lines in place of the one they name.
    package var workspace: WorkspaceID?
    /// Whether to check every line and append nothing.
    package var isDryRun: Bool
    /// Whether open streams hear nothing of it.
    package var isQuiet: Bool
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        source = parsed.positionals[0] == "-" ? .standardInput : .file(parsed.positionals[0])
        workspace = try parsed.optional("--workspace") { WorkspaceID($0) }
        isDryRun = parsed.contains("--dry-run")
        isQuiet = parsed.contains("--quiet")
        isJSON = parsed.contains("--json")
    }
}

/// `tideline export`.
package struct ExportOptions: Sendable, Equatable {
    package enum Format: String, Sendable, CaseIterable { case ndjson, csv }

    package var configuration: ConfigurationOptions
    /// nil: all workspaces, one after the other.
    package var workspace: WorkspaceID?
    /// The first sequence number wanted.
    package var from: SequenceNumber
    package var format: Format

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        workspace = try parsed.optional("--workspace") { WorkspaceID($0) }
        from = try parsed.optional("--from") { Int64($0).flatMap { $0 >= 1 ? $0 : nil } } ?? 1
        guard let format = Format(rawValue: parsed.value("--format") ?? Format.ndjson.rawValue) else {
            throw parsed.error("--format is one of ndjson, csv")
        }
        self.format = format
    }
}

/// `tideline check-config`.
package struct CheckConfigurationOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        isJSON = parsed.contains("--json")
    }
}

extension ParsedArguments {
    /// The value of an option whose form `read` knows; nil where it is not given.
    func optional<Value>(_ option: String, read: (String) -> Value?) throws(UsageError) -> Value? {
        guard let text = value(option) else { return nil }
        guard let value = read(text) else {
            let placeholder = grammar.options.first { $0.name == option }?.value ?? "value"
            throw error("\(option): \"\(text)\" is no \(placeholder)\(Self.form(of: Value.self))")
        }
        return value
    }

    func required<Value>(_ option: String, read: (String) -> Value?) throws(UsageError) -> Value {
        guard let value = try optional(option, read: read) else { throw error("\(grammar.name) needs \(option)") }
        return value
    }

    /// A time to live, from a second to ten years.
    func lifetime(_ option: String) throws(UsageError) -> Duration? {
        guard let text = value(option) else { return nil }
        guard let lifetime = DurationText.parse(text), lifetime >= .seconds(1), lifetime <= .seconds(3650 * 86_400)
        else {
            throw error("\(option) is a duration from 1s to 3650d, such as 1h or 30d")
        }
        return lifetime
    }

    private static func form<Value>(of type: Value.Type) -> String {
        type == UserID.self || type == WorkspaceID.self ? ", which is 1–64 characters of A–Z a–z 0–9 . _ : -" : ""
    }
}
