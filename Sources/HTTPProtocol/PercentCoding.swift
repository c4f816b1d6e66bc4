/// Percent-encoding (RFC 3986 §2.1), read strictly.
package enum PercentCoding {
    /// Decodes `bytes`; `+` stands for a space when `plusIsSpace`, as in a query.
    /// - Returns: nil for `%` without two hexadecimal digits, for `%00`, and when the result is no UTF-8 (overlong forms
    ///   and surrogates are none).
    package static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String? {
        guard let decoded = decodedBytes(bytes, plusIsSpace: plusIsSpace) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func decodedBytes(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.endIndex, let high = CharacterClass.hexValue(bytes[index + 1]),
                    let low = CharacterClass.hexValue(bytes[index + 2]), high | low != 0
                else { return nil }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                guard byte != 0 else { return nil }
                decoded.append(byte == UInt8(ascii: "+") && plusIsSpace ? 0x20 : byte)
                index += 1
            }
        }
        return decoded
    }

    /// Encodes everything but the unreserved bytes of RFC 3986 §2.3; for links we write.
    package static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(upperHex(byte >> 4))
                encoded.append(upperHex(byte & 15))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func upperHex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x41 + digit - 10 }
}
