/// The fields of an answer, kept as the bytes that will be sent: adding one is an append, sending them a copy.
///
/// Invariant: whole lines `name: value CRLF`, so no value can begin a line of its own.
package struct HTTPFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package init(dictionaryLiteral fields: (FieldName, String)...) {
        for (name, value) in fields { append(name, value) }
    }

    package var isEmpty: Bool { bytes.isEmpty }

    /// Adds a field; others of that name stay. Control bytes in `value`, which could end the line, become spaces.
    package mutating func append(_ name: FieldName, _ value: String) {
        append(name, utf8: value.utf8)
    }

    /// Adds a field whose value is given in bytes.
    package mutating func append(_ name: FieldName, _ value: [UInt8]) {
        append(name, utf8: value)
    }

    /// Adds a field unless one of that name is there.
    package mutating func appendIfAbsent(_ name: FieldName, _ value: String) {
        if !contains(name) { append(name, value) }
    }

    /// Replaces all fields of that name by one.
    package mutating func set(_ name: FieldName, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// Adds all of `other`, after ours.
    package mutating func append(contentsOf other: HTTPFields) { bytes += other.bytes }

    package mutating func remove(_ name: FieldName) {
        while let line = line(of: name) { bytes.removeSubrange(line.whole) }
    }

    package func contains(_ name: FieldName) -> Bool { line(of: name) != nil }

    /// The value of the first field of that name.
    package subscript(name: FieldName) -> String? {
        line(of: name).map { String(decoding: bytes[$0.value], as: UTF8.self) }
    }

    private mutating func append(_ name: FieldName, utf8 value: some Collection<UInt8>) {
        bytes.append(name.text)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(0x20)
        for byte in value { bytes.append(CharacterClass.isFieldContent(byte) ? byte : 0x20) }
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    private func line(of name: FieldName) -> (whole: Range<Int>, value: Range<Int>)? {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0D) ?? bytes.count
            let colon = bytes[start..<end].firstIndex(of: UInt8(ascii: ":")) ?? end
            if ByteRange(start, colon).equalsIgnoringCase(name.text, in: bytes.span) {
                return (start..<min(end + 2, bytes.count), min(colon + 2, end)..<end)
            }
            start = end + 2
        }
        return nil
    }
}

extension [UInt8] {
    /// Appends the bytes of `text`.
    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe append(contentsOf: $0) }
    }

    /// Appends `number` in decimal.
    package mutating func append(decimal number: Int) {
        guard number >= 10 || number < 0 else { return append(UInt8(0x30 + number)) }
        append(contentsOf: String(number).utf8)
    }

    /// Appends `number` in lower-case hexadecimal, without leading zeros.
    package mutating func append(hexadecimal number: Int) {
        var shift = Swift.max(0, (Int.bitWidth - number.leadingZeroBitCount + 3) / 4 * 4 - 4)
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: (number >> shift) & 15)
            append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
            shift -= 4
        }
    }
}
