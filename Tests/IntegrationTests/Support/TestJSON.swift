import Foundation

/// A JSON value that tests look into: `reply.json["data"]["onlineUsers"].int`. What is missing is `.null`.
enum TestJSON: Sendable, Equatable, CustomStringConvertible {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([TestJSON])
    case object([String: TestJSON])

    init(_ bytes: some Sequence<UInt8>) throws { self = try JSONDecoder().decode(TestJSON.self, from: Data(bytes)) }
    init(_ text: String) throws { try self.init(text.utf8) }

    subscript(name: String) -> TestJSON {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }
    subscript(index: Int) -> TestJSON {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { .null }
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }
    var int: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
    var double: Double? { if case .number(let value) = self { value } else { int.map(Double.init) } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var array: [TestJSON] { if case .array(let elements) = self { elements } else { [] } }
    var object: [String: TestJSON] { if case .object(let members) = self { members } else { [:] } }
    var isNull: Bool { self == .null }

    /// Compact JSON with sorted member names.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // NaN alone cannot be written.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }

    var description: String { text }
}

extension TestJSON: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() { self = .null; return }
        if let bool = try? value.decode(Bool.self) { self = .bool(bool); return }
        if let integer = try? value.decode(Int64.self) { self = .integer(integer); return }
        if let number = try? value.decode(Double.self) { self = .number(number); return }
        if let text = try? value.decode(String.self) { self = .string(text); return }
        if let elements = try? value.decode([TestJSON].self) { self = .array(elements); return }
        self = .object(try value.decode([String: TestJSON].self))
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .string(let text): try value.encode(text)
        case .array(let elements): try value.encode(elements)
        case .object(let members): try value.encode(members)
        }
    }
}

extension TestJSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    init(stringLiteral text: String) { self = .string(text) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: TestJSON...) { self = .array(elements) }
    init(dictionaryLiteral members: (String, TestJSON)...) {
        self = .object(Dictionary(members) { _, last in last })
    }
}
