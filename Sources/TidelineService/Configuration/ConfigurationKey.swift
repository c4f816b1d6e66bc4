/// One thing an operator can set: what drives the file, the environment, `--set` and `check-config` alike.
package struct ConfigurationKey: Sendable {
    /// Its path in the file, for instance `streams.maxAge`.
    package let path: String
    package let kind: ConfigurationKind
    /// What it does, in a line; `Config/tideline.json5` says more.
    package let meaning: String
    /// Whether its value may not be shown.
    package let isSecret: Bool
    /// A rule beyond the kind's: whether a value keeps it, and how to say it.
    let rule: Rule?
    /// What it takes for a changed value to count.
    package private(set) var reload = Reload.restart
    let read: @Sendable (ServiceConfiguration) -> ConfigurationValue
    let write: @Sendable (inout ServiceConfiguration, ConfigurationValue) -> Void

    /// What a change needs. The texts stand in `check-config` and, as marks, in `Config/tideline.json5`.
    package enum Reload: String, Sendable {
        /// Another start.
        case restart
        /// SIGHUP.
        case reload
        /// SIGHUP, and then it counts for streams, or connections, that are opened afterwards.
        case afterwards
    }

    struct Rule: Sendable {
        let expectation: String
        /// Whether an empty text, which means "not set", passes unasked.
        var allowsEmpty = true
        let holds: @Sendable (String) -> Bool
    }

    /// What may stand there, for messages.
    package var expectation: String { rule?.expectation ?? kind.expectation }

    /// The default, spelled as in the environment.
    package var defaultText: String { read(ServiceConfiguration()).text }

    /// Its environment variable: `streams.maxAge` is `TIDELINE_STREAMS_MAX_AGE`.
    package var variable: String {
        var name = Self.variablePrefix
        for scalar in path.unicodeScalars {
            if scalar == "." {
                name.append("_")
            } else {
                if scalar.properties.isUppercase { name.append("_") }
                name.append(String(scalar).uppercased())
            }
        }
        return name
    }

    package static let variablePrefix = "TIDELINE_"

    /// Whether `value` keeps the rule; a list must keep it item by item.
    func admits(_ value: ConfigurationValue) -> Bool {
        guard let rule else { return true }
        switch value {
        case .text(let text): return text.isEmpty && rule.allowsEmpty || rule.holds(text)
        case .list(let items): return items.allSatisfy(rule.holds)
        case .duration, .size, .integer, .boolean: return rule.holds(value.text)
        }
    }
}

// MARK: Rows of the table

extension ConfigurationKey {
    /// The row of a key that takes effect on SIGHUP.
    func on(_ reload: Reload) -> Self {
        var row = self
        row.reload = reload
        return row
    }

    /// Where in the tree a value lives.
    typealias Field<Value> = any WritableKeyPath<ServiceConfiguration, Value> & Sendable

    static func duration(
        _ path: String, _ field: Field<Duration>,
        _ range: ClosedRange<Duration>, orZero: Bool = false, _ meaning: String
    ) -> Self {
        Self(
            path: path, kind: .duration(range, orZero: orZero), meaning: meaning, isSecret: false, rule: nil,
            read: { .duration($0[keyPath: field]) },
            write: { if case .duration(let value) = $1 { $0[keyPath: field] = value } })
    }

    static func size(
        _ path: String, _ field: Field<Int>, _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> Self {
        Self(
            path: path, kind: .size(range), meaning: meaning, isSecret: false, rule: nil,
            read: { .size($0[keyPath: field]) },
            write: { if case .size(let value) = $1 { $0[keyPath: field] = value } })
    }

    static func integer(
        _ path: String, _ field: Field<Int>, _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> Self {
        Self(
            path: path, kind: .integer(range), meaning: meaning, isSecret: false, rule: nil,
            read: { .integer($0[keyPath: field]) },
            write: { if case .integer(let value) = $1 { $0[keyPath: field] = value } })
    }

    static func boolean(
        _ path: String, _ field: Field<Bool>, _ meaning: String
    ) -> Self {
        Self(
            path: path, kind: .boolean, meaning: meaning, isSecret: false, rule: nil,
            read: { .boolean($0[keyPath: field]) },
            write: { if case .boolean(let value) = $1 { $0[keyPath: field] = value } })
    }

    static func text(
        _ path: String, _ field: Field<String>, isSecret: Bool = false,
        rule: Rule? = nil, _ meaning: String
    ) -> Self {
        Self(
            path: path, kind: .text, meaning: meaning, isSecret: isSecret, rule: rule,
            read: { .text($0[keyPath: field]) },
            write: { if case .text(let value) = $1 { $0[keyPath: field] = value } })
    }

    static func list(
        _ path: String, _ field: Field<[String]>, orNone: Bool, rule: Rule,
        _ meaning: String
    ) -> Self {
        Self(
            path: path, kind: .list(orNone: orNone), meaning: meaning, isSecret: false, rule: rule,
            read: { .list($0[keyPath: field]) },
            write: { if case .list(let value) = $1 { $0[keyPath: field] = value } })
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ path: String, _ field: Field<Choice>, _ meaning: String
    ) -> Self {
        Self(
            path: path, kind: .choice(Choice.allCases.map(\.rawValue)), meaning: meaning, isSecret: false, rule: nil,
            read: { .text($0[keyPath: field].rawValue) },
            write: {
                if case .text(let text) = $1, let value = Choice(rawValue: text) { $0[keyPath: field] = value }
            })
    }
}
