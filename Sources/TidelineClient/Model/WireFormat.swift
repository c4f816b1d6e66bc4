import Foundation

/// How the server writes JSON: camelCase, times as `2026-01-31T12:00:00.000Z`.
enum WireFormat {
    static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { try date(from: $0) }
        return decoder
    }()

    /// - Throws: `DecodingError`.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
        try decoder.decode(type, from: Data(bytes))
    }

    private static func date(from decoder: any Decoder) throws -> Date {
        let value = try decoder.singleValueContainer()
        let text = try value.decode(String.self)
        for hasFraction in [true, false] {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
            // A failure means the other spelling; when both fail, the error below says so.
            if let date = try? style.parse(text) { return date }
        }
        throw DecodingError.dataCorruptedError(in: value, debugDescription: "\(text) is not an ISO 8601 time")
    }
}
