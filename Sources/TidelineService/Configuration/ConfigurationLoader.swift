/// Puts the configuration together: arguments over environment over file over defaults.
///
/// A key that does not exist and a value that does not fit stop the start: a mistyped limit that is silently ignored is
/// found in the incident it should have prevented.
package struct ConfigurationLoader {
    /// The variable that names the file where `--config` does not.
    package static let fileVariable = "TIDELINE_CONFIG"

    private var values: [String: (value: ConfigurationValue, source: ConfigurationSource)] = [:]
    private var problems: [ConfigurationProblem] = []

    private init() {}

    /// Reads `file` (nil: none, or the one ``fileVariable`` names), then `environment`, then `arguments`.
    /// - Throws: ``ConfigurationFailure`` with all that is wrong.
    package static func load(
        file: String?, environment: [String: String], arguments: [ConfigurationOverride]
    ) throws(ConfigurationFailure) -> LoadedConfiguration {
        var content: (path: String, bytes: [UInt8])?
        if let path = file ?? environment[fileVariable] {
            do {
                content = (path, try FileReader.read(path))
            } catch {
                let source = file == nil ? ConfigurationSource.environment(fileVariable) : .argument("--config")
                throw ConfigurationFailure(problems: [
                    ConfigurationProblem(key: nil, source: source, detail: "\(error)")
                ])
            }
        }
        return try load(content: content, environment: environment, arguments: arguments)
    }

    /// As ``load(file:environment:arguments:)``, from the bytes of a file.
    package static func load(
        content file: (path: String, bytes: [UInt8])?, environment: [String: String], arguments: [ConfigurationOverride]
    ) throws(ConfigurationFailure) -> LoadedConfiguration {
        var loader = ConfigurationLoader()
        if let file { loader.receive(file: file.bytes, path: file.path) }
        loader.receive(environment: environment)
        loader.receive(arguments: arguments)
        return try loader.finish()
    }

    // MARK: Sources

    private mutating func receive(file bytes: [UInt8], path: String) {
        do throws(JSON5Error) {
            let root = try JSON5Reader.read(bytes)
            guard case .object(let members) = root.content else {
                throw JSON5Error(line: root.line, problem: "the file must hold one { … } of keys")
            }
            receive(members, prefix: "", file: path)
        } catch {
            report(nil, .file(path: path, line: error.line), error.problem)
        }
    }

    private mutating func receive(_ members: [JSON5Node.Member], prefix: String, file: String) {
        for member in members {
            let path = prefix + member.name
            let source = ConfigurationSource.file(path: file, line: member.line)
            if member.name.contains(".") {
                // Else one key could be given twice, in two spellings.
                report(path, source, "groups are written as braces: \(path.replacing(".", with: ": { ")) …")
            } else if let key = ConfigurationKey.named(path) {
                receive(key.kind.value(of: member.value), written: member.value.explanation, for: key, source: source)
            } else if case .object(let inner) = member.value.content, Self.isGroup(path) {
                receive(inner, prefix: path + ".", file: file)
            } else if Self.isGroup(path) {
                report(path, source, "expected a group of keys in braces")
            } else {
                reportUnknown(path, source: source)
            }
        }
    }

    private mutating func receive(environment: [String: String]) {
        let keys = Dictionary(uniqueKeysWithValues: ConfigurationKey.table.map { ($0.variable, $0) })
        for (variable, text) in environment.sorted(by: { $0.key < $1.key })
        where variable.hasPrefix(ConfigurationKey.variablePrefix)
            && ![Self.fileVariable, DoctorOptions.tokenVariable].contains(variable)
        {
            let source = ConfigurationSource.environment(variable)
            if let key = keys[variable] {
                receive(key.kind.value(of: text), written: "\"\(text)\"", for: key, source: source)
            } else {
                let nearest = Suggestion.nearest(to: variable, among: keys.keys)
                report(nil, source, "there is no such key" + (nearest.map { "; did you mean \($0)?" } ?? ""))
            }
        }
    }

    private mutating func receive(arguments: [ConfigurationOverride]) {
        for argument in arguments {
            let source = ConfigurationSource.argument(argument.flag)
            if let key = ConfigurationKey.named(argument.key), key.isSecret {
                report(
                    key.path, source,
                    "arguments can be read by every user of this machine; set it in the file or by \(key.variable)")
            } else if let key = ConfigurationKey.named(argument.key) {
                receive(key.kind.value(of: argument.value), written: "\"\(argument.value)\"", for: key, source: source)
            } else {
                reportUnknown(argument.key, source: source)
            }
        }
    }

    private mutating func receive(
        _ value: ConfigurationValue?, written: String, for key: ConfigurationKey, source: ConfigurationSource
    ) {
        guard let value, key.admits(value) else {
            let found = key.isSecret ? "" : "; found \(written)"
            return report(key.path, source, "expected \(key.expectation)\(found)")
        }
        values[key.path] = (value, source)
    }

    // MARK: The whole

    private consuming func finish() throws(ConfigurationFailure) -> LoadedConfiguration {
        var configuration = ServiceConfiguration()
        var sources: [String: ConfigurationSource] = [:]
        for key in ConfigurationKey.table {
            guard let (value, source) = values[key.path] else { continue }
            key.write(&configuration, value)
            sources[key.path] = source
        }
        // A database named elsewhere brings the data directory along, so that one setting moves a whole installation.
        if sources["storage.directory"] == nil, let source = sources["storage.url"], !configuration.storage.url.isEmpty
        {
            let directory = FileReader.directory(of: configuration.storage.databasePath)
            configuration.storage.directory = directory
            sources["storage.directory"] = source
        }
        for (lower, upper) in Self.ordered {
            checkOrder(lower, upper, in: configuration, sources: sources)
        }
        guard problems.isEmpty else { throw ConfigurationFailure(problems: problems) }
        return LoadedConfiguration(configuration: configuration, sources: sources)
    }

    /// Pairs of which the first may not exceed the second.
    private static let ordered = [
        ("limits.bodyBytes", "limits.batchBytes"), ("streams.outboxBytes", "streams.replayMemory"),
    ]

    private mutating func checkOrder(
        _ lower: String, _ upper: String, in configuration: ServiceConfiguration, sources: [String: ConfigurationSource]
    ) {
        guard let lowerKey = ConfigurationKey.named(lower), let upperKey = ConfigurationKey.named(upper),
            case .size(let small) = lowerKey.read(configuration), case .size(let large) = upperKey.read(configuration),
            small > large
        else { return }
        let culprit = sources[lower] == nil ? upper : lower
        report(
            culprit, sources[culprit] ?? .default,
            "\(lower) (\(SizeText.format(small))) may not exceed \(upper) (\(SizeText.format(large)))")
    }

    // MARK: Problems

    private mutating func report(_ key: String?, _ source: ConfigurationSource, _ detail: String) {
        problems.append(ConfigurationProblem(key: key, source: source, detail: detail))
    }

    private mutating func reportUnknown(_ path: String, source: ConfigurationSource) {
        let nearest = Suggestion.nearest(to: path, among: ConfigurationKey.table.map(\.path))
        report(path, source, "there is no such key" + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }

    /// Whether keys begin with `path` and a dot.
    private static func isGroup(_ path: String) -> Bool {
        ConfigurationKey.table.contains { $0.path.hasPrefix(path + ".") }
    }
}

/// The configuration in force, and where each key that is not at its default was set.
package struct LoadedConfiguration: Sendable {
    package let configuration: ServiceConfiguration
    /// By path; absent means default.
    package let sources: [String: ConfigurationSource]

    package func source(of key: ConfigurationKey) -> ConfigurationSource { sources[key.path] ?? .default }

    /// The value in force as text; of a secret only whether it is set.
    package func text(of key: ConfigurationKey) -> String {
        let text = key.read(configuration).text
        return key.isSecret && !text.isEmpty ? "(set)" : text
    }
}
