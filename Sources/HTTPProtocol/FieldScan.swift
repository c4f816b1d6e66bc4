/// Looks for bytes that a field value may not contain, eight at a time: values are most of a head's bytes.
enum FieldScan {
    /// The first byte of `bytes[start..<end]` that no field value may contain (see ``CharacterClass/isFieldContent(_:)``).
    static func firstForbidden(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        precondition(start >= 0 && start <= end && end <= bytes.count)
        var index = start
        unsafe bytes.withUnsafeBytes { buffer in
            // Every load ends at `end` at the latest, which the precondition compared with the span's count.
            while index + 8 <= end {
                let word = unsafe buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if containsControl(word) { return }
                index += 8
            }
        }
        while index < end {
            guard CharacterClass.isFieldContent(bytes[index]) else { return index }
            index += 1
        }
        return nil
    }

    /// Whether one of the eight bytes is below 0x20 or is 0x7F. HTAB is, too: the caller looks again byte by byte.
    private static func containsControl(_ word: UInt64) -> Bool {
        let highBits: UInt64 = 0x8080_8080_8080_8080
        let isLow = (word &- 0x2020_2020_2020_2020) & ~word
        let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
        let isDelete = (delete &- 0x0101_0101_0101_0101) & ~delete
        return (isLow | isDelete) & highBits != 0
    }
}
