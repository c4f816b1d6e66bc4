/// Writes small JSON documents by hand: commas and escapes, nothing else.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init() {}

    mutating func object(_ body: (inout JSONText) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func array<Items: Sequence>(
        _ name: String? = nil, _ items: Items, _ body: (inout JSONText, Items.Element) -> Void
    ) {
        if let name { key(name) } else { separate() }
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for item in items { body(&self, item) }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func object(_ name: String, _ body: (inout JSONText) -> Void) {
        key(name)
        needsComma = false
        object(body)
    }

    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
        needsComma = true
    }

    mutating func member(_ name: String, _ value: Int) {
        key(name)
        bytes.append(contentsOf: String(value).utf8)
        needsComma = true
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
        needsComma = true
    }

    /// A member whose value is JSON already.
    mutating func member(_ name: String, raw: some Sequence<UInt8>) {
        key(name)
        bytes.append(contentsOf: raw)
        needsComma = true
    }

    /// An array's element.
    mutating func element(_ value: String) {
        separate()
        string(value)
        needsComma = true
    }

    /// An array's element that is JSON already.
    mutating func element(raw: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: raw)
        needsComma = true
    }

    private mutating func key(_ name: String) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// RFC 8259 §7: quotation mark, backslash and controls are escaped.
    private mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
