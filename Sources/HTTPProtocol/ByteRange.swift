/// A half-open range of offsets into a head's bytes; heads are far below 4 GiB.
struct ByteRange: Hashable, Sendable {
    var start: UInt32
    var end: UInt32

    static let empty = ByteRange(0, 0)

    init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    var lower: Int { Int(start) }
    var upper: Int { Int(end) }
    var count: Int { Int(end) - Int(start) }
    var isEmpty: Bool { start == end }

    /// Whether the bytes are exactly those of `text`.
    func equals(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        guard text.utf8CodeUnitCount == count else { return false }
        return text.withUTF8Buffer { expected in
            for index in 0..<count {
                let byte = unsafe expected[index]
                guard bytes[lower + index] == byte else { return false }
            }
            return true
        }
    }

    /// Whether the bytes are those of `text`, which is in lower case, whatever the case of the bytes' ASCII letters.
    func equalsIgnoringCase(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        guard text.utf8CodeUnitCount == count else { return false }
        return text.withUTF8Buffer { expected in
            for index in 0..<count {
                let byte = unsafe expected[index]
                guard CharacterClass.lowercase(bytes[lower + index]) == byte else { return false }
            }
            return true
        }
    }
}
