import Events

/// Writes the state of a fold: integers as LEB128 varints, signed ones zigzagged, text with its length before it.
///
/// Collections are written in a fixed order, so equal states make equal bytes.
struct StateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: Int) { write(signed: Int64(value)) }

    mutating func write(signed value: Int64) {
        write(unsigned: UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    mutating func write(unsigned value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func write(_ text: String) {
        write(unsigned: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Absent: one zero byte, which no id is.
    mutating func write<Kind>(_ identifier: Identifier<Kind>?) { write(identifier?.text ?? "") }

    mutating func write<Element>(_ elements: [Element], _ body: (inout StateWriter, Element) -> Void) {
        write(unsigned: UInt64(elements.count))
        for element in elements { body(&self, element) }
    }
}
