/// Conditions on entity tags (RFC 9110 §8.8.3, §13.1.2).
package enum EntityTag {
    /// Whether If-None-Match, given as the values of all its fields, names `tag` (or is `*`), by weak comparison: then the
    /// answer to GET and HEAD is 304.
    /// - Parameter tag: as sent in ETag, `"…"` or `W/"…"`.
    package static func isNamed(_ tag: String, byNoneMatch values: [ArraySlice<UInt8>]) -> Bool {
        let wanted = opaque(ArraySlice(tag.utf8))
        return values.contains { names(wanted, $0) }
    }

    /// Walks one list; text that is no entity tag ends it, since nothing after it can be trusted.
    private static func names(_ wanted: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool {
        if value.elementsEqual([UInt8(ascii: "*")]) { return true }
        var rest = value
        while true {
            rest = rest.drop { CharacterClass.isBlank($0) || $0 == UInt8(ascii: ",") }
            let candidate = opaque(rest)
            guard candidate.first == UInt8(ascii: "\""),
                let end = candidate.dropFirst().firstIndex(of: UInt8(ascii: "\""))
            else { return false }
            if candidate[...end].elementsEqual(wanted) { return true }
            rest = candidate[(end + 1)...]
        }
    }

    /// The tag without its mark of weakness.
    private static func opaque(_ tag: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        tag.starts(with: "W/".utf8) ? tag.dropFirst(2) : tag
    }
}
