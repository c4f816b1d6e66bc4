/// A request line and its fields: the bytes as they came, and where the parts lie in them.
///
/// Holds two allocations, the bytes and the places of the fields; a `String` exists only once somebody asks for it.
package struct RequestHead: Sendable {
    package let method: Method
    package let version: HTTPVersion
    /// What follows the head.
    package let framing: BodyFraming
    package let expectation: Expectation
    /// Whether the client allows the connection to live on after the answer (RFC 9112 §9.3).
    package let isPersistent: Bool

    let bytes: [UInt8]
    let fields: [FieldPlace]
    let places: TargetPlaces

    /// How a request's body is delimited (RFC 9112 §6.3).
    package enum BodyFraming: Hashable, Sendable {
        case none
        /// More than zero bytes.
        case length(Int)
        case chunked
    }

    /// What `Expect` asked for (RFC 9110 §10.1.1).
    package enum Expectation: Hashable, Sendable { case none, `continue`, unknown }

    /// Where a field's name and value lie, without the blanks around the value.
    struct FieldPlace: Sendable {
        var name: ByteRange
        var value: ByteRange
    }

    /// Where the parts of the request line lie.
    struct TargetPlaces: Sendable {
        var method = ByteRange.empty
        var target = ByteRange.empty
        /// From the first slash up to the question mark; empty in `http://host`, which means `/`.
        var path = ByteRange.empty
        var query = ByteRange.empty
        var hasQuery = false
        /// Of an absolute-form target, else of Host; empty in HTTP/1.0 without Host.
        var authority = ByteRange.empty
    }
}

extension RequestHead {
    package var methodText: String { text(places.method) }

    /// The target as it was sent.
    package var target: String { text(places.target) }

    /// The path as it was sent, still percent-encoded; `/` at least, or `*` for `OPTIONS *`.
    package var path: ArraySlice<UInt8> { places.path.isEmpty ? Self.rootPath : slice(places.path) }

    /// What follows the question mark, still percent-encoded; nil without one.
    package var query: ArraySlice<UInt8>? { places.hasQuery ? slice(places.query) : nil }

    /// `host[:port]` the client asked for, as it was sent; nil only in HTTP/1.0. An absolute-form target wins over
    /// Host (RFC 9112 §3.2.2).
    package var authority: String? { places.authority.isEmpty ? nil : text(places.authority) }

    package var fieldCount: Int { fields.count }

    /// The value of the first field of that name, without the blanks around it.
    package func first(_ name: FieldName) -> ArraySlice<UInt8>? {
        let span = bytes.span
        for index in fields.indices where fields[index].name.equalsIgnoringCase(name.text, in: span) {
            return slice(fields[index].value)
        }
        return nil
    }

    /// The value of the only field of that name; nil when there is none or more than one.
    package func only(_ name: FieldName) -> ArraySlice<UInt8>? {
        let all = values(of: name)
        return all.count == 1 ? all[0] : nil
    }

    /// The values of all fields of that name, in order.
    package func values(of name: FieldName) -> [ArraySlice<UInt8>] {
        let span = bytes.span
        var values: [ArraySlice<UInt8>] = []
        for index in fields.indices where fields[index].name.equalsIgnoringCase(name.text, in: span) {
            values.append(slice(fields[index].value))
        }
        return values
    }

    package func contains(_ name: FieldName) -> Bool { first(name) != nil }

    /// The first value as text; bytes that are no UTF-8 become U+FFFD.
    package func text(of name: FieldName) -> String? {
        first(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Names (in the client's spelling) and values, in order; for logs and tests.
    package var allFields: [(name: String, value: String)] {
        fields.map { (text($0.name), text($0.value)) }
    }

    private static let rootPath: ArraySlice<UInt8> = [UInt8(ascii: "/")]

    private func slice(_ range: ByteRange) -> ArraySlice<UInt8> { bytes[range.lower..<range.upper] }

    private func text(_ range: ByteRange) -> String { String(decoding: slice(range), as: UTF8.self) }
}
