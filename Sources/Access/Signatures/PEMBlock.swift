/// One block of a PEM file (RFC 7468): what its label says it is, and its bytes.
///
/// Read here rather than by libcrypto, whose reader asks at the terminal for the passphrase of an encrypted block.
struct PEMBlock: Equatable {
    /// `PUBLIC KEY`, `CERTIFICATE`, …
    let label: String
    /// nil where what lies between the lines is not base64.
    let der: [UInt8]?

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    /// All blocks of `bytes`, in order; text around them is a comment, as the RFC has it.
    static func all(in bytes: [UInt8]) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var open: (label: String, base64: [UInt8])?
        for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            if let label = label(of: line, after: begin) {
                open = (label, [])
            } else if let label = label(of: line, after: end), let block = open {
                let der = label == block.label ? decode(block.base64) : nil
                blocks.append(PEMBlock(label: block.label, der: der))
                open = nil
            } else {
                open?.base64 += line
            }
        }
        if let open { blocks.append(PEMBlock(label: open.label, der: nil)) }
        return blocks
    }

    private static func label(of line: ArraySlice<UInt8>, after prefix: [UInt8]) -> String? {
        guard line.starts(with: prefix), line.count > prefix.count + dashes.count,
            line.suffix(dashes.count).elementsEqual(dashes)
        else { return nil }
        return String(decoding: line.dropFirst(prefix.count).dropLast(dashes.count), as: UTF8.self)
    }

    /// RFC 4648 §4, by way of §5: the same bits under two other letters.
    private static func decode(_ base64: [UInt8]) -> [UInt8]? {
        let letters = base64.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        let padding = letters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard !letters.isEmpty, padding <= 2, letters.count % 4 == 0 else { return nil }
        var text: [UInt8] = []
        text.reserveCapacity(letters.count)
        for letter in letters.dropLast(padding) {
            switch letter {
            case UInt8(ascii: "+"): text.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): text.append(UInt8(ascii: "_"))
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            default: text.append(letter)
            }
        }
        return Base64URL.decode(text)
    }
}
