/// A media type without its parameters, in lower case (RFC 9110 §8.3.1).
package struct MediaType: Hashable, Sendable {
    package let type: String
    package let subtype: String

    package init(_ type: String, _ subtype: String) {
        self.type = type
        self.subtype = subtype
    }

    /// Reads the value of Content-Type.
    /// - Returns: nil when it is no `type/subtype` of tokens; parameters are not looked at.
    package init?(parsing value: ArraySlice<UInt8>) {
        var value = value.prefix { $0 != UInt8(ascii: ";") }
        while let last = value.last, CharacterClass.isBlank(last) { value = value.dropLast() }
        guard let slash = value.firstIndex(of: UInt8(ascii: "/")),
            let type = Self.token(value[..<slash]), let subtype = Self.token(value[(slash + 1)...])
        else { return nil }
        self.init(type, subtype)
    }

    package static let json = MediaType("application", "json")
    package static let problemJSON = MediaType("application", "problem+json")
    package static let ndjson = MediaType("application", "x-ndjson")
    package static let eventStream = MediaType("text", "event-stream")
    package static let plainText = MediaType("text", "plain")
    package static let form = MediaType("application", "x-www-form-urlencoded")

    private static func token(_ bytes: ArraySlice<UInt8>) -> String? {
        guard !bytes.isEmpty, bytes.allSatisfy(CharacterClass.isToken) else { return nil }
        return String(decoding: bytes.map(CharacterClass.lowercase), as: UTF8.self)
    }
}

extension MediaType: CustomStringConvertible {
    package var description: String { "\(type)/\(subtype)" }
}
