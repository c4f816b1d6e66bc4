/// Reads the chunked transfer coding (RFC 9112 §7.1); extensions and trailers are checked, bounded and thrown away.
///
/// Keeps no bytes: every call uses all it is given until the final empty line.
struct ChunkedDecoder: Sendable {
    /// Sixteen hexadecimal digits say any 64-bit size; more would only be leading zeros.
    static let maximumSizeDigits = 16
    /// Extensions over the whole body; nobody sends any in earnest.
    static let maximumExtensionBytes = 4_096
    static let maximumTrailerBytes = 8_192

    private enum State: Sendable {
        case size(digits: Int, value: Int)
        /// Blanks between size and extension, which must be followed by a semicolon.
        case blank(value: Int)
        case `extension`(value: Int)
        case sizeLineFeed(value: Int)
        case data(remaining: Int)
        case dataCarriageReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case lastLineFeed
        case complete
    }

    private var state = State.size(digits: 0, value: 0)
    private var allowance: Int
    private var extensionBytes = 0
    private var trailerBytes = 0

    init(maximumBytes: Int) { allowance = maximumBytes }

    var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    mutating func decode(_ bytes: Span<UInt8>, into body: inout [UInt8]) throws(HTTP1Error) -> Int {
        var index = 0
        while index < bytes.count {
            switch state {
            case .complete:
                return index
            case .data(let remaining):
                let count = min(remaining, bytes.count - index)
                body.append(bytes, index, index + count)
                index += count
                state = count == remaining ? .dataCarriageReturn : .data(remaining: remaining - count)
            default:
                state = try next(bytes[index])
                index += 1
            }
        }
        return index
    }

    /// The state after one byte that is not data.
    private mutating func next(_ byte: UInt8) throws(HTTP1Error) -> State {
        switch state {
        case .size(let digits, let value): return try afterSize(byte, digits: digits, value: value)
        case .blank(let value):
            try countExtensionByte()
            if CharacterClass.isBlank(byte) { return .blank(value: value) }
            guard byte == UInt8(ascii: ";") else { throw .malformedChunk }
            return .extension(value: value)
        case .extension(let value):
            if byte == 0x0D { return .sizeLineFeed(value: value) }
            guard CharacterClass.isFieldContent(byte) else { throw .malformedChunk }
            try countExtensionByte()
            return .extension(value: value)
        case .sizeLineFeed(let value):
            guard byte == 0x0A else { throw .malformedChunk }
            guard value <= allowance else { throw .bodyTooLarge }
            allowance -= value
            return value == 0 ? .trailerStart : .data(remaining: value)
        case .dataCarriageReturn:
            guard byte == 0x0D else { throw .malformedChunk }
            return .dataLineFeed
        case .dataLineFeed:
            guard byte == 0x0A else { throw .malformedChunk }
            return .size(digits: 0, value: 0)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed:
            return try afterTrailer(byte)
        case .data, .complete:
            preconditionFailure("a chunked body takes its data in bulk and nothing after its end")
        }
    }

    private mutating func afterSize(_ byte: UInt8, digits: Int, value: Int) throws(HTTP1Error) -> State {
        if let digit = CharacterClass.hexValue(byte) {
            guard digits < Self.maximumSizeDigits, value <= Int.max >> 4 else { throw .malformedChunk }
            return .size(digits: digits + 1, value: value << 4 | Int(digit))
        }
        guard digits > 0 else { throw .malformedChunk }
        if byte == 0x0D { return .sizeLineFeed(value: value) }
        try countExtensionByte()
        if byte == UInt8(ascii: ";") { return .extension(value: value) }
        guard CharacterClass.isBlank(byte) else { throw .malformedChunk }
        return .blank(value: value)
    }

    private mutating func afterTrailer(_ byte: UInt8) throws(HTTP1Error) -> State {
        trailerBytes += 1
        guard trailerBytes <= Self.maximumTrailerBytes else { throw .oversizedChunkMetadata }
        switch state {
        case .trailerStart where byte == 0x0D: return .lastLineFeed
        case .trailerStart where CharacterClass.isToken(byte): return .trailerName
        case .trailerName where CharacterClass.isToken(byte): return .trailerName
        case .trailerName where byte == UInt8(ascii: ":"): return .trailerValue
        case .trailerValue where byte == 0x0D: return .trailerLineFeed
        case .trailerValue where CharacterClass.isFieldContent(byte): return .trailerValue
        case .trailerLineFeed where byte == 0x0A: return .trailerStart
        case .lastLineFeed where byte == 0x0A: return .complete
        default: throw .malformedChunk
        }
    }

    private mutating func countExtensionByte() throws(HTTP1Error) {
        extensionBytes += 1
        guard extensionBytes <= Self.maximumExtensionBytes else { throw .oversizedChunkMetadata }
    }
}
