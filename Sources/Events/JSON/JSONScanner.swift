/// The one pass over a text that checks it, makes it compact and notes where its values lie.
///
/// Not recursive: while a container is open, its node's `next` holds the index of the container around it (`noParent` at
/// the top) and its `end` counts its members. A key's `next` holds where it begins in the input. Both are needed only
/// until the container closes.
struct JSONScanner {
    private static let noParent = UInt32.max
    /// Up to here keys are compared one by one; beyond, by hash, so that an object of many keys costs linear time.
    private static let linearKeys: UInt32 = 16

    private let input: [UInt8]
    private let limits: JSONLimits
    private var position = 0
    /// The compact text up to `runStart` of the input; empty as long as no white space was met.
    private var output: [UInt8] = []
    private var runStart = 0
    /// White-space bytes left out so far: an input offset less this is the offset in the compact text.
    private var removed = 0
    private var nodes: [JSONNode] = []
    /// The innermost open container.
    private var container = noParent
    private var depth = 0
    /// The decoded keys of open objects with more than `linearKeys` members.
    private var keySets: [UInt32: Set<[UInt8]>] = [:]

    private enum Expectation { case value, firstElement, firstMember, member, separator }

    init(_ input: [UInt8], limits: JSONLimits) throws(JSONError) {
        guard input.count <= limits.maximumBytes, input.count < Int(Int32.max) else {
            throw JSONError(.tooLarge, at: limits.maximumBytes)
        }
        self.input = input
        self.limits = limits
        nodes.reserveCapacity(min(32, input.count / 4 + 2))
    }

    mutating func scan() throws(JSONError) -> JSONTape {
        var expectation = Expectation.value
        repeat {
            skipWhiteSpace()
            let byte = try currentByte()
            switch expectation {
            case .firstElement where byte == UInt8(ascii: "]"), .firstMember where byte == UInt8(ascii: "}"):
                expectation = close()
            case .value, .firstElement:
                expectation = try scanValue(byte)
            case .firstMember, .member:
                try scanKey(byte)
                expectation = .value
            case .separator:
                expectation = try scanSeparator(byte)
            }
        } while container != Self.noParent || expectation != .separator
        skipWhiteSpace()
        guard position == input.count else { throw JSONError(.trailingContent, at: position) }
        return JSONTape(bytes: compactText(), nodes: nodes)
    }

    private mutating func compactText() -> [UInt8] {
        if removed == 0 { return input }
        output.append(contentsOf: input[runStart...])
        return output
    }

    // MARK: - Bytes

    private func currentByte() throws(JSONError) -> UInt8 {
        guard position < input.count else { throw JSONError(.unexpectedEnd, at: input.count) }
        return input[position]
    }

    private mutating func skipWhiteSpace() {
        let start = position
        while position < input.count, Self.isWhiteSpace(input[position]) { position += 1 }
        guard position > start else { return }
        if removed == 0 { output.reserveCapacity(input.count) }
        output.append(contentsOf: input[runStart..<start])
        removed += position - start
        runStart = position
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte <= 0x20 && (byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09)
    }

    /// Adds a node for the bytes from `start` to the current position, both in the input.
    private mutating func addNode(_ kind: JSONValue.Kind, from start: Int, isEscaped: Bool = false) {
        nodes.append(
            JSONNode(
                start: UInt32(truncatingIfNeeded: start - removed), end: UInt32(truncatingIfNeeded: position - removed),
                next: UInt32(truncatingIfNeeded: nodes.count + 1), kind: kind, isEscaped: isEscaped))
    }

    // MARK: - Values

    private mutating func scanValue(_ byte: UInt8) throws(JSONError) -> Expectation {
        let start = position
        switch byte {
        case UInt8(ascii: "{"):
            try open(.object)
            return .firstMember
        case UInt8(ascii: "["):
            try open(.array)
            return .firstElement
        case UInt8(ascii: "\""):
            let isEscaped = try scanString()
            addNode(.string, from: start, isEscaped: isEscaped)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try scanNumber()
            addNode(.number, from: start)
        case UInt8(ascii: "t"): try scanLiteral("true", .true)
        case UInt8(ascii: "f"): try scanLiteral("false", .false)
        case UInt8(ascii: "n"): try scanLiteral("null", .null)
        default: throw JSONError(.unexpectedByte, at: position)
        }
        return .separator
    }

    private mutating func open(_ kind: JSONValue.Kind) throws(JSONError) {
        depth += 1
        guard depth <= limits.maximumDepth else { throw JSONError(.tooDeep, at: position) }
        let index = UInt32(truncatingIfNeeded: nodes.count)
        nodes.append(
            JSONNode(
                start: UInt32(truncatingIfNeeded: position - removed), end: 0, next: container, kind: kind,
                isEscaped: false))
        container = index
        position += 1
    }

    /// Closes the innermost container at its bracket, which is the current byte.
    private mutating func close() -> Expectation {
        position += 1
        depth -= 1
        let index = Int(container)
        if nodes[index].kind == .object, nodes[index].end > Self.linearKeys { keySets[container] = nil }
        container = nodes[index].next
        nodes[index].end = UInt32(truncatingIfNeeded: position - removed)
        nodes[index].next = UInt32(truncatingIfNeeded: nodes.count)
        return .separator
    }

    private mutating func scanSeparator(_ byte: UInt8) throws(JSONError) -> Expectation {
        let isObject = nodes[Int(container)].kind == .object
        switch byte {
        case UInt8(ascii: ","):
            position += 1
            return isObject ? .member : .value
        case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
            return close()
        default:
            throw JSONError(.unexpectedByte, at: position)
        }
    }

    private mutating func scanLiteral(_ literal: StaticString, _ kind: JSONValue.Kind) throws(JSONError) {
        let start = position
        for expected in literal.description.utf8 {
            guard try currentByte() == expected else { throw JSONError(.unexpectedByte, at: position) }
            position += 1
        }
        addNode(kind, from: start)
    }

    // MARK: - Numbers

    private mutating func scanNumber() throws(JSONError) {
        if input[position] == UInt8(ascii: "-") { position += 1 }
        if try currentByte() == UInt8(ascii: "0") {
            position += 1
        } else {
            try scanDigits()
        }
        if position < input.count, input[position] == UInt8(ascii: ".") {
            position += 1
            try scanDigits()
        }
        if position < input.count, input[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            let sign = try currentByte()
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try scanDigits()
        }
        // A digit here follows a leading zero.
        if position < input.count, Self.isDigit(input[position]) { throw JSONError(.invalidNumber, at: position) }
    }

    /// At least one digit.
    private mutating func scanDigits() throws(JSONError) {
        guard Self.isDigit(try currentByte()) else { throw JSONError(.invalidNumber, at: position) }
        while position < input.count, Self.isDigit(input[position]) { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    // MARK: - Strings

    /// Passes the string that begins at the current byte.
    /// - Returns: whether it contains an escape.
    private mutating func scanString() throws(JSONError) -> Bool {
        let (end, isEscaped) = try Self.passString(input.span, at: position)
        position = end
        return isEscaped
    }

    private static func passString(
        _ bytes: Span<UInt8>, at quote: Int
    ) throws(JSONError) -> (end: Int, isEscaped: Bool) {
        var index = quote + 1
        var isEscaped = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") { return (index + 1, isEscaped) }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                index = try passEscape(bytes, at: index)
            } else if byte < 0x20 {
                throw JSONError(.controlByte, at: index)
            } else if byte < 0x80 {
                index += 1
            } else {
                index = try passScalar(bytes, at: index)
            }
        }
        throw JSONError(.unexpectedEnd, at: bytes.count)
    }

    private static func passEscape(_ bytes: Span<UInt8>, at backslash: Int) throws(JSONError) -> Int {
        guard backslash + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        switch bytes[backslash + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return backslash + 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(bytes, at: backslash + 2)
            if unit & 0xF800 != 0xD800 { return backslash + 6 }
            guard unit < 0xDC00, backslash + 7 < bytes.count, bytes[backslash + 6] == UInt8(ascii: "\\"),
                bytes[backslash + 7] == UInt8(ascii: "u"),
                try codeUnit(bytes, at: backslash + 8) & 0xFC00 == 0xDC00
            else { throw JSONError(.loneSurrogate, at: backslash) }
            return backslash + 12
        default:
            throw JSONError(.invalidEscape, at: backslash)
        }
    }

    private static func codeUnit(_ bytes: Span<UInt8>, at index: Int) throws(JSONError) -> UInt16 {
        guard index + 4 <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        var unit: UInt16 = 0
        for offset in index..<(index + 4) {
            guard let digit = hexDigit(bytes[offset]) else { throw JSONError(.invalidEscape, at: offset) }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Passes one scalar of two to four bytes; the ranges are those of the Unicode Standard, table 3-7.
    private static func passScalar(_ bytes: Span<UInt8>, at index: Int) throws(JSONError) -> Int {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[index] {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw JSONError(.invalidUTF8, at: index)
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else {
            throw JSONError(.invalidUTF8, at: index)
        }
        for offset in (index + 2)..<max(index + 2, index + length) where bytes[offset] & 0xC0 != 0x80 {
            throw JSONError(.invalidUTF8, at: index)
        }
        return index + length
    }

    /// The text of a string's content whose escapes were checked by a scan.
    static func decoded(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var high: UInt32 = 0
        var index = content.startIndex
        while index < content.endIndex {
            guard content[index] == UInt8(ascii: "\\") else {
                text.append(content[index])
                index += 1
                continue
            }
            let escape = content[index + 1]
            index += 2
            guard escape == UInt8(ascii: "u") else {
                text.append(unescaped(escape))
                continue
            }
            let unit = content[index..<(index + 4)].reduce(UInt32(0)) { $0 << 4 | UInt32(hexDigit($1) ?? 0) }
            index += 4
            if unit & 0xFC00 == 0xD800 {
                high = unit
            } else {
                let value = unit & 0xFC00 == 0xDC00 ? 0x10000 + (high & 0x3FF) << 10 + (unit & 0x3FF) : unit
                if let scalar = Unicode.Scalar(value), let bytes = Unicode.UTF8.encode(scalar) {
                    text.append(contentsOf: bytes)
                }
            }
        }
        return text
    }

    private static func unescaped(_ escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: escape
        }
    }

    // MARK: - Keys

    /// Passes `"key":` and refuses a key that its object has already.
    private mutating func scanKey(_ byte: UInt8) throws(JSONError) {
        guard byte == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: position) }
        let start = position
        let isEscaped = try scanString()
        try noteKey(from: start, isEscaped: isEscaped)
        addNode(.string, from: start, isEscaped: isEscaped)
        nodes[nodes.count - 1].next = UInt32(truncatingIfNeeded: start)
        skipWhiteSpace()
        guard try currentByte() == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
    }

    private mutating func noteKey(from start: Int, isEscaped: Bool) throws(JSONError) {
        let object = Int(container)
        let count = nodes[object].end
        nodes[object].end = count + 1
        if count < Self.linearKeys {
            let content = (start + 1)..<(position - 1)
            var key = object + 1
            for _ in 0..<count {
                if isKey(key, content, isEscaped: isEscaped) { throw JSONError(.duplicateKey, at: start) }
                key = Int(nodes[key + 1].next)
            }
            return
        }
        if count == Self.linearKeys { keySets[container] = earlierKeys(of: object) }
        let decoded = Self.decoded(input[(start + 1)..<(position - 1)])
        let isNew = keySets[container]?.insert(decoded).inserted ?? true
        guard isNew else { throw JSONError(.duplicateKey, at: start) }
    }

    private func earlierKeys(of object: Int) -> Set<[UInt8]> {
        var keys: Set<[UInt8]> = []
        var key = object + 1
        for _ in 0..<Self.linearKeys {
            keys.insert(Self.decoded(input[content(ofKey: key)]))
            key = Int(nodes[key + 1].next)
        }
        return keys
    }

    private func isKey(_ key: Int, _ other: Range<Int>, isEscaped: Bool) -> Bool {
        let mine = content(ofKey: key)
        if isEscaped || nodes[key].isEscaped { return Self.decoded(input[mine]) == Self.decoded(input[other]) }
        guard mine.count == other.count else { return false }
        let bytes = input.span
        for offset in 0..<mine.count where bytes[mine.lowerBound + offset] != bytes[other.lowerBound + offset] {
            return false
        }
        return true
    }

    /// Where the content of an open object's key lies in the input.
    private func content(ofKey key: Int) -> Range<Int> {
        let node = nodes[key]
        let start = Int(node.next) + 1
        return start..<(start + Int(node.end - node.start) - 2)
    }
}
