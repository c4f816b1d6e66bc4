/// A strict JSON text (RFC 8259), made compact: white space outside strings is gone, every other byte is as it was sent.
///
/// Stricter than the grammar where the grammar leaves room: no duplicate keys (compared after decoding, so `"a"` and
/// `"\u0061"` are the same), valid UTF-8 only, no lone surrogates, no byte order mark, bounded size and depth.
///
///     let document = try JSONDocument(scanning: Array(#"{ "a": [1, 2] }"#.utf8))
///     document.bytes              // {"a":[1,2]}
///     document.root["a"]?.kind    // .array
package struct JSONDocument: Sendable {
    private let tape: JSONTape

    /// Scans `text` once.
    package init(scanning text: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        var scanner = try JSONScanner(text, limits: limits)
        tape = try scanner.scan()
    }

    /// Scans a part of a larger buffer; the offset of an error counts from the start of the slice.
    package init(scanning text: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        try self.init(scanning: Array(text), limits: limits)
    }

    /// The compact text.
    package var bytes: [UInt8] { tape.bytes }

    package var root: JSONValue { JSONValue(tape: tape, index: 0) }
}

/// The compact text with one node for each value and key in it, in the order of the text.
///
/// An object's node is followed by key, value, key, value …; an array's by its elements. A value's `next` is the index
/// after its last descendant, so a reader steps over what it does not want.
final class JSONTape: Sendable {
    let bytes: [UInt8]
    let nodes: [JSONNode]

    init(bytes: [UInt8], nodes: [JSONNode]) {
        self.bytes = bytes
        self.nodes = nodes
    }
}

struct JSONNode: Sendable {
    /// Range in the compact text; of a string with its quotes.
    var start: UInt32
    var end: UInt32
    var next: UInt32
    var kind: JSONValue.Kind
    /// A string that contains `\`.
    var isEscaped: Bool
}
