/// Reads the JSON5 of a configuration file (spec.json5.org): comments, trailing commas, single quotes, names without
/// quotes.
///
/// Unlike the specification it refuses a name that occurs twice in one object, and takes only ASCII in names without
/// quotes and as white space: in a file that an operator writes, either is a mistake.
struct JSON5Reader {
    /// Deeper than any configuration; bounds the recursion.
    private static let maximumDepth = 16

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    /// Reads the one value that `bytes` hold.
    static func read(_ bytes: [UInt8]) throws(JSON5Error) -> JSON5Node {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSON5Error(line: 1, problem: "the file is not UTF-8 text")
        }
        var reader = JSON5Reader(bytes: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.index = 3 }
        try reader.skipSpace()
        let node = try reader.value(depth: 0)
        try reader.skipSpace()
        guard reader.peek == nil else { throw reader.error("nothing may follow the closing brace") }
        return node
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSON5Error) -> JSON5Node {
        guard depth < Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
        let start = line
        guard let byte = peek else { throw error("a value is missing at the end of the file") }
        switch byte {
        case UInt8(ascii: "{"): return JSON5Node(content: .object(try members(depth: depth)), line: start)
        case UInt8(ascii: "["): return JSON5Node(content: .array(try elements(depth: depth)), line: start)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return JSON5Node(content: .string(try string()), line: start)
        default: return JSON5Node(content: try bareWord(), line: start)
        }
    }

    private mutating func members(depth: Int) throws(JSON5Error) -> [JSON5Node.Member] {
        var members: [JSON5Node.Member] = []
        try list(closedBy: UInt8(ascii: "}")) { (reader) throws(JSON5Error) in
            let start = reader.line
            let name = try reader.name()
            guard !members.contains(where: { $0.name == name }) else {
                throw reader.error("\"\(name)\" is given twice; the second would hide the first")
            }
            try reader.skipSpace()
            guard reader.take(UInt8(ascii: ":")) else { throw reader.error("a colon is missing after \"\(name)\"") }
            try reader.skipSpace()
            members.append(JSON5Node.Member(name: name, line: start, value: try reader.value(depth: depth + 1)))
        }
        return members
    }

    private mutating func elements(depth: Int) throws(JSON5Error) -> [JSON5Node] {
        var elements: [JSON5Node] = []
        try list(closedBy: UInt8(ascii: "]")) { (reader) throws(JSON5Error) in
            elements.append(try reader.value(depth: depth + 1))
        }
        return elements
    }

    /// Items between the bracket under the cursor and `end`, separated by commas, with one more allowed at the end.
    private mutating func list(
        closedBy end: UInt8, item: (inout JSON5Reader) throws(JSON5Error) -> Void
    ) throws(JSON5Error) {
        let start = line
        index += 1
        while true {
            try skipSpace()
            if take(end) { return }
            guard peek != nil else { throw JSON5Error(line: start, problem: "the bracket opened here is never closed") }
            try item(&self)
            try skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard peek == nil || peek == end else { throw error("a comma or \(quoted(end)) is missing") }
        }
    }

    /// The name of a member: a string, or letters, digits, `_` and `$`.
    private mutating func name() throws(JSON5Error) -> String {
        if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") { return try string() }
        let name = word(where: Self.isNameByte)
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            throw error("a key is missing" + (peek.map { " before \(quoted($0))" } ?? ""))
        }
        return name
    }

    private mutating func bareWord() throws(JSON5Error) -> JSON5Node.Content {
        let word = word(where: { Self.isNameByte($0) || "+-.".utf8.contains($0) })
        switch word {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        case "":
            throw error("a value is missing" + (peek.map { " before \(quoted($0))" } ?? ""))
        default:
            guard Self.isNumber(word) else {
                // The word is not repeated: it may be a secret that lacks its quotes.
                throw error("a value is neither a number nor true, false or null; a text needs quotes")
            }
            return .number(word)
        }
    }

    /// An optional sign, then `Infinity`, `NaN`, hexadecimal digits after `0x`, or a decimal that may begin or end
    /// with its point and have an exponent.
    private static func isNumber(_ word: String) -> Bool {
        let magnitude = word.first == "+" || word.first == "-" ? word.dropFirst() : word[...]
        if magnitude == "Infinity" || magnitude == "NaN" { return true }
        if magnitude.hasPrefix("0x") || magnitude.hasPrefix("0X") {
            return magnitude.count > 2 && magnitude.dropFirst(2).allSatisfy(\.isHexDigit)
        }
        let parts = magnitude.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let isDigits = { (text: Substring) in text.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard mantissa.count <= 2, mantissa.allSatisfy(isDigits), !mantissa.joined().isEmpty else { return false }
        guard parts.count == 2 else { return true }
        let exponent = parts[1].first == "+" || parts[1].first == "-" ? parts[1].dropFirst() : parts[1]
        return !exponent.isEmpty && isDigits(exponent)
    }

    // MARK: Strings

    private mutating func string() throws(JSON5Error) -> String {
        let start = line
        let quote = bytes[index]
        index += 1
        var content: [UInt8] = []
        while let byte = next() {
            switch byte {
            case quote: return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                throw JSON5Error(line: start, problem: "the text that begins here is not closed on its line")
            case UInt8(ascii: "\\"): content += try escape()
            default: content.append(byte)
            }
        }
        throw JSON5Error(line: start, problem: "the text that begins here is never closed")
    }

    /// What follows a backslash.
    private mutating func escape() throws(JSON5Error) -> [UInt8] {
        switch next() {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "v"): return [0x0B]
        case UInt8(ascii: "0"): return [0x00]
        case UInt8(ascii: "x"): return try utf8(of: hexadecimal(digits: 2))
        case UInt8(ascii: "u"): return try utf8(of: unicodeEscape())
        case UInt8(ascii: "\n"):
            line += 1
            return []
        case UInt8(ascii: "\r"):
            _ = take(UInt8(ascii: "\n"))
            line += 1
            return []
        case .some(let byte) where byte < 0x80: return [byte]
        default: throw error("a backslash stands before nothing that can be escaped")
        }
    }

    /// Four digits, or two groups of them where the first is half of a surrogate pair.
    private mutating func unicodeEscape() throws(JSON5Error) -> UInt32 {
        let high = try hexadecimal(digits: 4)
        guard (0xD800..<0xDC00).contains(high) else { return high }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw error("half of a surrogate pair") }
        let low = try hexadecimal(digits: 4)
        guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair") }
        return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
    }

    private mutating func hexadecimal(digits: Int) throws(JSON5Error) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = next().flatMap({ UInt32(String(UnicodeScalar($0)), radix: 16) }) else {
                throw error("\(digits) hexadecimal digits must follow")
            }
            value = value << 4 | digit
        }
        return value
    }

    private func utf8(of value: UInt32) throws(JSON5Error) -> [UInt8] {
        guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair") }
        return Array(String(Character(scalar)).utf8)
    }

    // MARK: Bytes

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func next() -> UInt8? {
        guard let byte = peek else { return nil }
        index += 1
        return byte
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func word(where belongs: (UInt8) -> Bool) -> String {
        let start = index
        while let byte = peek, belongs(byte) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func skipSpace() throws(JSON5Error) {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                index += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), 0x0B, 0x0C: index += 1
            case UInt8(ascii: "/"): try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(JSON5Error) {
        let start = line
        index += 1
        if take(UInt8(ascii: "/")) {
            while let byte = peek, byte != UInt8(ascii: "\n") { index += 1 }
            return
        }
        guard take(UInt8(ascii: "*")) else { throw error("a comment begins with // or /*") }
        while let byte = next() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == UInt8(ascii: "*"), take(UInt8(ascii: "/")) { return }
        }
        throw JSON5Error(line: start, problem: "the comment that begins here is never closed")
    }

    private func error(_ problem: String) -> JSON5Error { JSON5Error(line: line, problem: problem) }

    private func quoted(_ byte: UInt8) -> String { "\"\(Character(UnicodeScalar(byte)))\"" }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }
}
