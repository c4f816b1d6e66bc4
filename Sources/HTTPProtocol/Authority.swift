/// `host [":" port]` as Host and absolute-form targets carry it (RFC 9110 §4.2, RFC 3986 §3.2).
package enum Authority {
    /// Whether `bytes` are a host and perhaps a port. Narrower than the grammar: a name has letters, digits and `-._~`
    /// only, so that no reader downstream can disagree about where it ends; no user information.
    package static func isValid(_ bytes: [UInt8]) -> Bool { isValid(bytes.span, 0, bytes.count) }

    static func isValid(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard start < end else { return false }
        var index = start
        if bytes[start] == UInt8(ascii: "[") {
            index += 1
            while index < end, isAddressByte(bytes[index]) { index += 1 }
            guard index < end, bytes[index] == UInt8(ascii: "]"), index > start + 2 else { return false }
            index += 1
        } else {
            while index < end, isNameByte(bytes[index]) { index += 1 }
            guard index > start else { return false }
        }
        if index == end { return true }
        guard bytes[index] == UInt8(ascii: ":") else { return false }
        return isPort(bytes, index + 1, end)
    }

    /// A port may be empty (RFC 3986 §3.2.3).
    private static func isPort(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end - start <= 5 else { return false }
        var port = 0
        for index in start..<end {
            guard CharacterClass.isDigit(bytes[index]) else { return false }
            port = port * 10 + Int(bytes[index] - 0x30)
        }
        return port <= 65_535
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        CharacterClass.hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
