/// A value inside a ``JSONDocument``; a cheap view that keeps the document alive.
package struct JSONValue: Sendable {
    package enum Kind: UInt8, Sendable { case object, array, string, number, `true`, `false`, null }

    private let tape: JSONTape
    private let index: Int

    init(tape: JSONTape, index: Int) {
        self.tape = tape
        self.index = index
    }

    package var kind: Kind { tape.nodes[index].kind }

    /// The compact bytes of this value, exactly as they were sent.
    package var rawBytes: ArraySlice<UInt8> { tape.bytes[range] }

    /// Where ``rawBytes`` lie in the document's compact text.
    package var range: Range<Int> {
        let node = tape.nodes[index]
        return Int(node.start)..<Int(node.end)
    }

    /// The decoded text of a string; nil for any other kind.
    package var string: String? {
        let node = tape.nodes[index]
        guard node.kind == .string else { return nil }
        let content = tape.bytes[(Int(node.start) + 1)..<(Int(node.end) - 1)]
        return node.isEscaped
            ? String(decoding: JSONScanner.decoded(content), as: UTF8.self) : String(decoding: content, as: UTF8.self)
    }

    /// A number written without fraction and exponent that fits 64 bits.
    package var integer: Int64? {
        isIntegerLiteral ? Int64(String(decoding: rawBytes, as: UTF8.self)) : nil
    }

    /// Whether this is a number of digits alone, with or without a minus; `-0` is not one.
    package var isIntegerLiteral: Bool {
        guard kind == .number else { return false }
        let bytes = rawBytes
        guard bytes.dropFirst().allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return false }
        return !bytes.elementsEqual("-0".utf8)
    }

    package var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        case .object, .array, .string, .number, .null: nil
        }
    }

    package var isNull: Bool { kind == .null }

    /// The value of the member called `name`; nil where there is none or this is no object.
    package subscript(name: String) -> JSONValue? {
        guard kind == .object else { return nil }
        let end = Int(tape.nodes[index].next)
        var key = index + 1
        while key < end {
            if isKey(key, name) { return JSONValue(tape: tape, index: key + 1) }
            key = Int(tape.nodes[key + 1].next)
        }
        return nil
    }

    /// The members of an object in the order of the text; empty for any other kind.
    package var members: Members { Members(tape: tape, object: index) }

    /// The elements of an array; empty for any other kind.
    package var elements: Elements { Elements(tape: tape, array: index) }

    private func isKey(_ key: Int, _ name: String) -> Bool {
        let node = tape.nodes[key]
        let content = (Int(node.start) + 1)..<(Int(node.end) - 1)
        if node.isEscaped { return JSONScanner.decoded(tape.bytes[content]).elementsEqual(name.utf8) }
        guard content.count == name.utf8.count else { return false }
        var offset = content.lowerBound
        for byte in name.utf8 {
            if tape.bytes[offset] != byte { return false }
            offset += 1
        }
        return true
    }
}

extension JSONValue {
    /// A member of an object: `key` is its name as a string value.
    package struct Member: Sendable {
        package let key: JSONValue
        package let value: JSONValue
        /// The decoded name.
        package var name: String { key.string ?? "" }
    }

    package struct Members: Sequence, IteratorProtocol, Sendable {
        private let tape: JSONTape
        private var position: Int
        private let end: Int

        fileprivate init(tape: JSONTape, object: Int) {
            self.tape = tape
            position = object + 1
            end = tape.nodes[object].kind == .object ? Int(tape.nodes[object].next) : object
        }

        package mutating func next() -> Member? {
            guard position < end else { return nil }
            let key = position
            position = Int(tape.nodes[key + 1].next)
            return Member(key: JSONValue(tape: tape, index: key), value: JSONValue(tape: tape, index: key + 1))
        }
    }

    package struct Elements: Sequence, IteratorProtocol, Sendable {
        private let tape: JSONTape
        private var position: Int
        private let end: Int

        fileprivate init(tape: JSONTape, array: Int) {
            self.tape = tape
            position = array + 1
            end = tape.nodes[array].kind == .array ? Int(tape.nodes[array].next) : array
        }

        package mutating func next() -> JSONValue? {
            guard position < end else { return nil }
            let element = position
            position = Int(tape.nodes[element].next)
            return JSONValue(tape: tape, index: element)
        }
    }
}
