/// The segments of a path, cut before they are decoded, so that `%2F` never separates (RFC 3986 §3.3).
package struct RequestPath: Sendable {
    /// Still encoded, without the slashes. `/a/b` and `/a/b/` both have two; `/` has none.
    package let segments: [ArraySlice<UInt8>]

    /// - Returns: nil when `path` does not begin with a slash, or has an empty segment other than the last.
    package init?(_ path: ArraySlice<UInt8>) {
        guard path.first == UInt8(ascii: "/") else { return nil }
        var segments: [ArraySlice<UInt8>] = []
        var rest = path.dropFirst()
        while !rest.isEmpty {
            let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard slash > rest.startIndex else { return nil }
            segments.append(rest[..<slash])
            rest = rest[slash...].dropFirst()
        }
        self.segments = segments
    }

    /// The segments in text.
    /// - Returns: nil when one is not well encoded.
    package func decoded() -> [String]? {
        var texts: [String] = []
        texts.reserveCapacity(segments.count)
        for segment in segments {
            guard let text = PercentCoding.decode(segment) else { return nil }
            texts.append(text)
        }
        return texts
    }
}
