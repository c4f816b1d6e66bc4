/// How much a JSON text may ask of the scanner.
package struct JSONLimits: Sendable, Equatable {
    /// The longest text, white space included; default 64 KiB.
    package var maximumBytes: Int
    /// The deepest nesting of objects and arrays, the outermost being 1; default 32.
    package var maximumDepth: Int

    package init(maximumBytes: Int = 65_536, maximumDepth: Int = 32) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
    }

    /// For text from our own store, which was measured when it came in.
    package static let stored = JSONLimits(maximumBytes: Int(Int32.max), maximumDepth: 1_024)
}

/// Why a text is not accepted as JSON (RFC 8259, and the stricter rules of ``JSONDocument``).
package struct JSONError: Error, Sendable, Equatable {
    package enum Reason: String, Sendable {
        case unexpectedByte, unexpectedEnd, trailingContent
        case invalidNumber, invalidEscape, controlByte
        case invalidUTF8, loneSurrogate
        case duplicateKey, tooDeep, tooLarge
    }

    package let reason: Reason
    /// Where in the text, in bytes, white space included.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}
