/// Bounds of what one request may cost before anybody has looked at it.
package struct HTTP1Limits: Hashable, Sendable {
    /// Request line, fields and the empty line together, in bytes (`limits.headerBytes`).
    package var maximumHeadBytes: Int
    /// The request line without its line end, in bytes; RFC 9112 §3 asks for at least 8,000.
    package var maximumRequestLineBytes: Int
    package var maximumFields: Int

    /// A `maximumHeadBytes` below 1 KiB is raised to it: no browser's request fits less.
    package init(maximumHeadBytes: Int = 32_768, maximumRequestLineBytes: Int = 8_192, maximumFields: Int = 100) {
        self.maximumHeadBytes = min(max(maximumHeadBytes, 1_024), 1 << 24)
        self.maximumRequestLineBytes = maximumRequestLineBytes
        self.maximumFields = maximumFields
    }
}
