/// Finds members and elements in JSON text without building anything: what a fast reader of others' JSON needs.
///
/// It knows where values end, not whether they are right; whoever must know scans with `JSONDocument`. A text that it
/// cannot follow gives nil. All offsets are into the span; every loop ends at its end.
enum JSONSkimmer {
    /// The offset of the first byte at or behind `start` that is no white space.
    @inline(__always)
    static func skipSpace(_ text: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < text.count, isSpace(text[index]) { index += 1 }
        return index
    }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// The offset behind the string whose opening quote is at `start`.
    static func skipString(_ text: Span<UInt8>, _ start: Int) -> Int? {
        var index = start + 1
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\"") { return index + 1 }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// The offset behind the value that begins at `start`.
    static func skipValue(_ text: Span<UInt8>, _ start: Int) -> Int? {
        guard start < text.count else { return nil }
        switch text[start] {
        case UInt8(ascii: "\""): return skipString(text, start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return skipContainer(text, start)
        default:
            var index = start
            while index < text.count, !endsScalar(text[index]) { index += 1 }
            return index > start ? index : nil
        }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }

    private static func skipContainer(_ text: Span<UInt8>, _ start: Int) -> Int? {
        var depth = 0
        var index = start
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""):
                guard let end = skipString(text, index) else { return nil }
                index = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }

    /// Calls `body` with the key (without quotes, undecoded) and the value of each member of the object that `text` is.
    /// - Returns: false when `text` is not one object, or cannot be followed; some members may have been given then.
    @inline(__always)
    static func members(of text: Span<UInt8>, _ body: (_ key: Range<Int>, _ value: Range<Int>) -> Void) -> Bool {
        var index = skipSpace(text, 0)
        guard index < text.count, text[index] == UInt8(ascii: "{") else { return false }
        index = skipSpace(text, index + 1)
        if index < text.count, text[index] == UInt8(ascii: "}") { return skipSpace(text, index + 1) == text.count }
        while index < text.count, text[index] == UInt8(ascii: "\"") {
            guard let keyEnd = skipString(text, index) else { return false }
            let colon = skipSpace(text, keyEnd)
            guard colon < text.count, text[colon] == UInt8(ascii: ":") else { return false }
            let value = skipSpace(text, colon + 1)
            guard let valueEnd = skipValue(text, value) else { return false }
            body((index + 1)..<(keyEnd - 1), value..<valueEnd)
            index = skipSpace(text, valueEnd)
            guard index < text.count else { return false }
            if text[index] == UInt8(ascii: "}") { return skipSpace(text, index + 1) == text.count }
            guard text[index] == UInt8(ascii: ",") else { return false }
            index = skipSpace(text, index + 1)
        }
        return false
    }

    /// The elements of the array that lies in `range`; nil when it cannot be followed.
    static func elements(of text: Span<UInt8>, in range: Range<Int>) -> [Range<Int>]? {
        guard range.count >= 2, text[range.lowerBound] == UInt8(ascii: "[") else { return nil }
        var elements: [Range<Int>] = []
        var index = skipSpace(text, range.lowerBound + 1)
        if index < text.count, text[index] == UInt8(ascii: "]") { return elements }
        while let end = skipValue(text, index) {
            elements.append(index..<end)
            index = skipSpace(text, end)
            guard index < text.count else { return nil }
            if text[index] == UInt8(ascii: "]") { return elements }
            guard text[index] == UInt8(ascii: ",") else { return nil }
            index = skipSpace(text, index + 1)
        }
        return nil
    }

    /// Whether the bytes in `range` are `name`.
    @inline(__always)
    static func isEqual(_ text: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for offset in 0..<name.count where text[range.lowerBound + offset] != name[offset] { return false }
        return true
    }
}
