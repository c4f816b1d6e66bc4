/// `tideline check-config`: what would be in force, and where each value comes from.
package enum CheckConfigurationCommand {
    /// What the command prints, and its exit status.
    package struct Outcome: Sendable, Equatable {
        package let standardOutput: String
        package let standardError: String
        package let status: Int32
    }

    /// Loads the configuration and its key files as `serve` would, without touching the data directory or an address.
    package static func run(_ options: CheckConfigurationOptions, environment: [String: String]) -> Outcome {
        do {
            let loaded = try options.configuration.load(environment: environment)
            let output = options.isJSON ? json(loaded) : table(loaded)
            do throws(KeyFailure) {
                _ = try loaded.configuration.publicKeys()
                return Outcome(standardOutput: output, standardError: "", status: 0)
            } catch {
                return Outcome(standardOutput: output, standardError: "\(error)\n", status: 1)
            }
        } catch {
            return Outcome(standardOutput: "", standardError: error.description + "\n", status: 1)
        }
    }

    private static func table(_ loaded: LoadedConfiguration) -> String {
        let rows = ConfigurationKey.table.map {
            (key: $0.path, value: loaded.text(of: $0), change: $0.reload.rawValue, source: loaded.source(of: $0))
        }
        let keyColumn = (rows.map(\.key.count).max() ?? 0) + 2
        let valueColumn = (rows.map(\.value.count).max() ?? 0) + 2
        return rows.map { row in
            padded(row.key, to: keyColumn) + padded(row.value, to: valueColumn)
                + padded(row.change, to: ConfigurationKey.Reload.afterwards.rawValue.count + 2) + "\(row.source)\n"
        }.joined()
    }

    private static func json(_ loaded: LoadedConfiguration) -> String {
        let rows = ConfigurationKey.table.map { key in
            "  {\"key\": \(quoted(key.path)), \"value\": \(quoted(loaded.text(of: key))), "
                + "\"change\": \"\(key.reload.rawValue)\", \"source\": \(quoted(loaded.source(of: key).description))}"
        }
        return "[\n" + rows.joined(separator: ",\n") + "\n]\n"
    }

    private static func padded(_ text: String, to column: Int) -> String {
        text + String(repeating: " ", count: max(0, column - text.count))
    }

    /// A JSON string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
