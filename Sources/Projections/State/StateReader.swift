import Events

/// The bytes are no state of this fold.
struct StateDamage: Error {}

/// Reads what ``StateWriter`` wrote; trusts nothing.
struct StateReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func readUnsigned() throws(StateDamage) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            // Ten bytes hold 64 bits; the tenth has room for one, and a last byte of zero would be a second spelling.
            guard shift < 63 || byte <= 1, shift == 0 || byte != 0 else { throw StateDamage() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw StateDamage()
    }

    mutating func readSigned() throws(StateDamage) -> Int64 {
        let value = try readUnsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number in `range`, which may be a time, a length or a count.
    mutating func read(in range: some RangeExpression<Int64>) throws(StateDamage) -> Int64 {
        let value = try readSigned()
        guard range.contains(value) else { throw StateDamage() }
        return value
    }

    mutating func readCount(from lowest: Int = 0) throws(StateDamage) -> Int {
        Int(try read(in: Int64(lowest)...(1 << 48)))
    }

    mutating func readText() throws(StateDamage) -> String {
        let length = try readUnsigned()
        guard length <= UInt64(bytes.count - position) else { throw StateDamage() }
        let end = position + Int(length)
        guard let text = String(validating: bytes[position..<end], as: UTF8.self) else { throw StateDamage() }
        position = end
        return text
    }

    mutating func readIdentifier<Kind>() throws(StateDamage) -> Identifier<Kind> {
        guard let identifier = Identifier<Kind>(try readText()) else { throw StateDamage() }
        return identifier
    }

    mutating func readOptionalIdentifier<Kind>() throws(StateDamage) -> Identifier<Kind>? {
        let text = try readText()
        if text.isEmpty { return nil }
        guard let identifier = Identifier<Kind>(text) else { throw StateDamage() }
        return identifier
    }

    mutating func readType() throws(StateDamage) -> EventType {
        guard let type = EventType(try readText()) else { throw StateDamage() }
        return type
    }

    /// Calls `body` as often as the count says that stands here; each element takes a byte at least.
    mutating func readEach(_ body: (inout StateReader) throws(StateDamage) -> Void) throws(StateDamage) {
        let count = try readUnsigned()
        guard count <= UInt64(bytes.count - position) else { throw StateDamage() }
        for _ in 0..<Int(count) { try body(&self) }
    }

    /// Like ``readEach(_:)`` for elements that begin with a key, which must ascend.
    mutating func readEach<Key: Comparable>(
        ascending _: Key.Type, _ body: (inout StateReader) throws(StateDamage) -> Key
    ) throws(StateDamage) {
        var last: Key?
        try readEach { (reader) throws(StateDamage) in
            let key = try body(&reader)
            if let last, key <= last { throw StateDamage() }
            last = key
        }
    }
}
