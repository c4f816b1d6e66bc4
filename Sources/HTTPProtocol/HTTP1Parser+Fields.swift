extension HTTP1Parser {
    /// What the fields that decide about framing have said.
    struct FieldFacts: Sendable {
        var hosts = 0
        var host = ByteRange.empty
        var contentLength: Int?
        var transferEncodings = 0
        /// Codings other than a final `chunked`.
        var foreignCodings = 0
        var lastCodingIsChunked = false
        var chunkedCount = 0
        var saysClose = false
        var saysKeepAlive = false
        var expectation = RequestHead.Expectation.none
    }

    /// Reads `name ":" OWS value OWS` (RFC 9112 §5).
    mutating func readFieldLine(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(HTTP1Error) {
        guard !CharacterClass.isBlank(bytes[start]) else { throw .lineFolding }
        var colon = start
        while colon < end, CharacterClass.isToken(bytes[colon]) { colon += 1 }
        guard colon > start, colon < end, bytes[colon] == UInt8(ascii: ":") else { throw .malformedFieldName }
        var valueStart = colon + 1
        var valueEnd = end
        while valueStart < end, CharacterClass.isBlank(bytes[valueStart]) { valueStart += 1 }
        while valueEnd > valueStart, CharacterClass.isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
        if let forbidden = FieldScan.firstForbidden(bytes, valueStart, valueEnd) {
            throw bytes[forbidden] == 0x0D ? .bareLineEnd : .malformedFieldValue
        }
        guard draft.fields.count < limits.maximumFields else { throw .tooManyFields }
        if draft.fields.isEmpty { draft.fields.reserveCapacity(16) }
        let place = RequestHead.FieldPlace(name: ByteRange(start, colon), value: ByteRange(valueStart, valueEnd))
        draft.fields.append(place)
        try noteFraming(bytes, place)
    }

    private mutating func noteFraming(_ bytes: Span<UInt8>, _ field: RequestHead.FieldPlace) throws(HTTP1Error) {
        switch field.name.count {
        case 4 where field.name.equalsIgnoringCase("host", in: bytes):
            draft.facts.hosts += 1
            draft.facts.host = field.value
            guard draft.facts.hosts == 1, Authority.isValid(bytes, field.value.lower, field.value.upper) else {
                throw .malformedHost
            }
        case 6 where field.name.equalsIgnoringCase("expect", in: bytes):
            let isContinue = field.value.equalsIgnoringCase("100-continue", in: bytes)
            draft.facts.expectation = isContinue && draft.facts.expectation != .unknown ? .continue : .unknown
        case 10 where field.name.equalsIgnoringCase("connection", in: bytes):
            forEachElement(bytes, field.value) { element, draft in
                if element.equalsIgnoringCase("close", in: bytes) { draft.facts.saysClose = true }
                if element.equalsIgnoringCase("keep-alive", in: bytes) { draft.facts.saysKeepAlive = true }
            }
        case 14 where field.name.equalsIgnoringCase("content-length", in: bytes):
            guard draft.facts.contentLength == nil, let length = Self.decimal(bytes, field.value) else {
                throw .malformedContentLength
            }
            draft.facts.contentLength = length
        case 17 where field.name.equalsIgnoringCase("transfer-encoding", in: bytes):
            draft.facts.transferEncodings += 1
            forEachElement(bytes, field.value) { element, draft in
                draft.facts.lastCodingIsChunked = element.equalsIgnoringCase("chunked", in: bytes)
                if draft.facts.lastCodingIsChunked {
                    draft.facts.chunkedCount += 1
                } else {
                    draft.facts.foreignCodings += 1
                }
            }
        default:
            break
        }
    }

    /// Calls `body` with each element of a comma-separated list; empty elements count as foreign codings do not matter
    /// to Connection, and make a Transfer-Encoding malformed.
    private mutating func forEachElement(
        _ bytes: Span<UInt8>, _ value: ByteRange, _ body: (ByteRange, inout Draft) -> Void
    ) {
        var start = value.lower
        while true {
            var end = start
            while end < value.upper, bytes[end] != UInt8(ascii: ",") { end += 1 }
            var lower = start
            var upper = end
            while lower < upper, CharacterClass.isBlank(bytes[lower]) { lower += 1 }
            while upper > lower, CharacterClass.isBlank(bytes[upper - 1]) { upper -= 1 }
            body(ByteRange(lower, upper), &draft)
            if end >= value.upper { return }
            start = end + 1
        }
    }

    /// All digits, at least one, and no more than fits.
    private static func decimal(_ bytes: Span<UInt8>, _ range: ByteRange) -> Int? {
        guard !range.isEmpty else { return nil }
        var number = 0
        for index in range.lower..<range.upper {
            guard CharacterClass.isDigit(bytes[index]) else { return nil }
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int(bytes[index] - 0x30))
            guard !overflow, !carry else { return nil }
            number = sum
        }
        return number
    }

    /// Judges the head as a whole and cuts it out of the connection's bytes.
    mutating func finish(_ bytes: Span<UInt8>, consumed: Int) throws(HTTP1Error) -> Outcome {
        let facts = draft.facts
        guard facts.hosts == 1 || draft.version == .http10 else { throw .malformedHost }
        if !draft.isAbsolute { draft.places.authority = facts.host }
        let framing = try bodyFraming()
        let expectation: RequestHead.Expectation =
            draft.version == .http10 && facts.expectation == .continue ? .none : facts.expectation
        let head = RequestHead(
            method: draft.method, version: draft.version, framing: framing, expectation: expectation,
            isPersistent: !facts.saysClose && (draft.version == .http11 || facts.saysKeepAlive),
            bytes: unsafe bytes.extracting(0..<consumed).withUnsafeBufferPointer { unsafe Array($0) },
            fields: draft.fields, places: draft.places)
        draft = Draft()
        return .head(head, consumed: consumed)
    }

    /// RFC 9112 §6.3, without its leniencies.
    private func bodyFraming() throws(HTTP1Error) -> RequestHead.BodyFraming {
        let facts = draft.facts
        guard facts.transferEncodings > 0 else {
            let length = facts.contentLength ?? 0
            return length > 0 ? .length(length) : .none
        }
        guard facts.contentLength == nil else { throw .ambiguousLength }
        guard draft.version == .http11, facts.lastCodingIsChunked, facts.chunkedCount == 1 else {
            throw .malformedTransferEncoding
        }
        guard facts.foreignCodings == 0 else { throw .unsupportedTransferEncoding }
        return .chunked
    }
}
