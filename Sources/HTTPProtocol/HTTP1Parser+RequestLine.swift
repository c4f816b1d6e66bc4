extension HTTP1Parser {
    /// Reads `method SP target SP version` (RFC 9112 §3).
    mutating func readRequestLine(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(HTTP1Error) {
        var index = start
        while index < end, CharacterClass.isToken(bytes[index]) { index += 1 }
        guard index > start, index < end, bytes[index] == 0x20 else { throw .malformedRequestLine }
        draft.places.method = ByteRange(start, index)
        let targetStart = index + 1
        index = targetStart
        while index < end, CharacterClass.isTarget(bytes[index]) { index += 1 }
        guard index > targetStart, index < end, bytes[index] == 0x20 else {
            // A line without a second space is HTTP/0.9; one with `#` or a control byte is just as wrong.
            throw .malformedRequestLine
        }
        draft.places.target = ByteRange(targetStart, index)
        draft.version = try Self.version(bytes, index + 1, end)
        draft.method = Method(bytes, draft.places.method)
        try readTarget(bytes, targetStart, index)
    }

    private static func version(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(HTTP1Error) -> HTTPVersion {
        let name = ByteRange(start, min(start + 5, end))
        guard end - start == 8, name.equals("HTTP/", in: bytes), CharacterClass.isDigit(bytes[start + 5]),
            bytes[start + 6] == UInt8(ascii: "."), CharacterClass.isDigit(bytes[start + 7])
        else { throw .malformedRequestLine }
        switch (bytes[start + 5], bytes[start + 7]) {
        case (0x31, 0x31): return .http11
        case (0x31, 0x30): return .http10
        default: throw .unsupportedVersion
        }
    }

    /// Reads the target in one of its forms (RFC 9112 §3.2).
    private mutating func readTarget(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(HTTP1Error) {
        guard draft.method != .connect else { throw .unsupportedMethod }
        if bytes[start] == UInt8(ascii: "/") {
            readPathAndQuery(bytes, start, end)
        } else if bytes[start] == UInt8(ascii: "*"), end - start == 1 {
            guard draft.method == .options else { throw .malformedTarget }
            draft.places.path = ByteRange(start, end)
        } else {
            try readAbsoluteForm(bytes, start, end)
        }
    }

    private mutating func readAbsoluteForm(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(HTTP1Error) {
        let authorityStart: Int
        if end - start > 7, ByteRange(start, start + 7).equalsIgnoringCase("http://", in: bytes) {
            authorityStart = start + 7
        } else if end - start > 8, ByteRange(start, start + 8).equalsIgnoringCase("https://", in: bytes) {
            authorityStart = start + 8
        } else {
            throw .malformedTarget
        }
        var index = authorityStart
        while index < end, bytes[index] != UInt8(ascii: "/"), bytes[index] != UInt8(ascii: "?") { index += 1 }
        guard Authority.isValid(bytes, authorityStart, index) else { throw .malformedTarget }
        draft.places.authority = ByteRange(authorityStart, index)
        draft.isAbsolute = true
        readPathAndQuery(bytes, index, end)
    }

    private mutating func readPathAndQuery(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        var index = start
        while index < end, bytes[index] != UInt8(ascii: "?") { index += 1 }
        draft.places.path = ByteRange(start, index)
        if index < end {
            draft.places.query = ByteRange(index + 1, end)
            draft.places.hasQuery = true
        }
    }
}
