/// The shape of a JSON value: JSON Schema 2020-12 as OpenAPI 3.1 uses it, with short names for what our API repeats.
struct Schema: Sendable {
    private let members: [(name: String, value: JSONTree)]

    init(_ members: KeyValuePairs<String, JSONTree>) { self.members = members.map { ($0.key, $0.value) } }

    private init(members: [(name: String, value: JSONTree)]) { self.members = members }

    var tree: JSONTree { .object(members) }

    /// Beside what it is, what it means.
    func described(_ text: String) -> Schema { with("description", .string(text)) }

    func with(_ name: String, _ value: JSONTree) -> Schema { Schema(members: members + [(name, value)]) }

    // MARK: Values

    static let string = Schema(["type": "string"])
    static let bool = Schema(["type": "boolean"])
    /// A count or a number of the log: not negative.
    static let count = Schema(["type": "integer", "minimum": 0])
    static let anyObject = Schema(["type": "object"])

    /// An id that a client chose: 1–64 bytes of a small alphabet.
    static let identifier = Schema(["type": "string", "pattern": #"^[A-Za-z0-9._:-]{1,64}$"#])
    static let timestamp = Schema(["type": "string", "format": "date-time"])
        .described("RFC 3339 in UTC with milliseconds.")
    /// `<epoch>-<seq>`.
    static let position = Schema(["type": "string", "pattern": #"^[a-z2-7]{10}-(0|[1-9][0-9]{0,18})$"#])
        .described("A position in the log: `<epoch>-<seq>`. Opaque; compare for equality only.")
    /// Up to a day.
    static let duration = Schema([
        "type": "string", "pattern": "^(0|[0-9]{1,7}ms|[0-9]{1,4}s|[0-9]{1,3}m|1?[0-9]h|2[0-4]h)$",
        "examples": ["500ms", "30s", "10m", "2h"],
    ])

    static func integer(_ range: ClosedRange<Int>, default value: Int? = nil) -> Schema {
        let schema = Schema([
            "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
        ])
        return value.map { schema.with("default", .integer($0)) } ?? schema
    }

    static func oneOf(_ values: String...) -> Schema { oneOf(values) }

    static func oneOf(_ values: [String]) -> Schema {
        Schema(["type": "string", "enum": .array(values.map { .string($0) })])
    }

    static func constant(_ value: String) -> Schema { Schema(["const": .string(value)]) }

    static func text(_ length: ClosedRange<Int>) -> Schema {
        Schema([
            "type": "string", "minLength": .integer(length.lowerBound), "maxLength": .integer(length.upperBound),
        ])
    }

    // MARK: Composition

    /// A schema of ``Components``.
    static func ref(_ name: String) -> Schema { Schema(["$ref": "#/components/schemas/\(name)"]) }

    static func array(of element: Schema, atMost limit: Int? = nil) -> Schema {
        let schema = Schema(["type": "array", "items": element.tree])
        return limit.map { schema.with("maxItems", .integer($0)) } ?? schema
    }

    static func map(of value: Schema) -> Schema {
        Schema(["type": "object", "additionalProperties": value.tree])
    }

    static func either(_ schemas: Schema...) -> Schema { Schema(["anyOf": .array(schemas.map(\.tree))]) }

    static func nullable(_ schema: Schema) -> Schema { either(schema, Schema(["type": "null"])) }

    /// An object with these members. A name that ends with `?` is one that may be missing.
    static func object(_ properties: KeyValuePairs<String, Schema>) -> Schema {
        object(properties.map { (name: $0.key, schema: $0.value) })
    }

    /// An object that we are sent: a member that may be missing may also be null, which counts as missing.
    static func input(_ properties: KeyValuePairs<String, Schema>) -> Schema {
        object(properties.map { (name: $0.key, schema: $0.key.hasSuffix("?") ? nullable($0.value) : $0.value) })
    }

    private static func object(_ properties: [(name: String, schema: Schema)]) -> Schema {
        let all = properties.map { (name: String($0.name.prefix { $0 != "?" }), value: $0.schema.tree) }
        let required = properties.filter { !$0.name.hasSuffix("?") }.map { JSONTree.string($0.name) }
        let schema = Schema(["type": "object", "properties": .object(all)])
        return required.isEmpty ? schema : schema.with("required", .array(required))
    }

    /// Whether an object of this schema has members that must be there.
    var hasRequired: Bool { members.contains { $0.name == "required" || $0.name == "anyOf" } }
}
