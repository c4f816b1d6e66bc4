/// The parameters after the question mark, decoded as HTML forms encode them: `name=value` joined by `&`, `+` is a space.
package struct QueryString: Sendable {
    /// Names and values in order. A name without `=` has an empty value.
    package let parameters: [(name: String, value: String)]

    /// - Returns: nil when a name or value is not well encoded (``PercentCoding``).
    package init?(_ bytes: ArraySlice<UInt8>?) {
        var parameters: [(name: String, value: String)] = []
        for pair in (bytes ?? []).split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let valueStart = min(equals + 1, pair.endIndex)
            guard let name = PercentCoding.decode(pair[..<equals], plusIsSpace: true),
                let value = PercentCoding.decode(pair[valueStart...], plusIsSpace: true)
            else { return nil }
            parameters.append((name, value))
        }
        self.parameters = parameters
    }

    /// Without parameters.
    package init() { parameters = [] }

    /// The value of the first parameter of that name.
    package subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The values of all parameters of that name, in order.
    package func values(of name: String) -> [String] {
        parameters.compactMap { $0.name == name ? $0.value : nil }
    }

    package func contains(_ name: String) -> Bool { self[name] != nil }
}
