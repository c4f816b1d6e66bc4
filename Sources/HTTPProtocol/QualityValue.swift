/// The weight of a choice in Accept and Accept-Encoding (RFC 9110 §12.4.2).
struct QualityValue {
    /// 0 (refused) to 1000.
    let thousandths: Int

    /// `0[.ddd]` or `1[.000]`.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let first = bytes.first, first == 0x30 || first == 0x31, bytes.count <= 5 else { return nil }
        var weight = first == 0x31 ? 1_000 : 0
        let rest = bytes.dropFirst()
        guard rest.isEmpty || rest.first == UInt8(ascii: ".") else { return nil }
        var unit = 100
        for byte in rest.dropFirst() {
            guard CharacterClass.isDigit(byte) else { return nil }
            weight += Int(byte - 0x30) * unit
            unit /= 10
        }
        guard weight <= 1_000 else { return nil }
        thousandths = weight
    }

    /// What stands behind `q=` in a parameter; nil when it is another one.
    static func parameter(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.count >= 2, CharacterClass.lowercase(bytes[bytes.startIndex]) == UInt8(ascii: "q"),
            bytes[bytes.startIndex + 1] == UInt8(ascii: "=")
        else { return nil }
        return bytes.dropFirst(2)
    }
}
