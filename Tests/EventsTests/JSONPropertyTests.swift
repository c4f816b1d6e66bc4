import Events
import Foundation
import Testing

/// The scanner against Foundation's, over seeded random documents, damaged ones and every beginning of them.
struct JSONPropertyTests {
    @Test(arguments: 0..<60)
    func `random documents are accepted, keep their value, and compact to themselves`(seed: Int) throws {
        var maker = DocumentMaker(seed: seed)
        for _ in 0..<20 {
            let text = maker.document()

            let document = try JSONDocument(scanning: Array(text.utf8))
            let again = try JSONDocument(scanning: document.bytes)

            let expected = try #require(foundationValue(Array(text.utf8)))
            try #require(expected.isEqual(object(document.root)), "\(text)")
            try #require(expected.isEqual(foundationValue(document.bytes)))
            try #require(again.bytes == document.bytes)
        }
    }

    @Test(arguments: 0..<60)
    func `no beginning of an object is accepted`(seed: Int) throws {
        var maker = DocumentMaker(seed: seed + 500)
        let text = Array(maker.container().utf8)

        for length in 0..<text.count where (try? JSONDocument(scanning: Array(text[..<length]))) != nil {
            Issue.record("accepted the first \(length) bytes of \(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test(arguments: 0..<60)
    func `damaged documents are accepted only where Foundation accepts them, with the same value`(seed: Int) throws {
        var maker = DocumentMaker(seed: seed + 1_000)
        for _ in 0..<40 {
            let text = maker.damaged(Array(maker.container().utf8))
            let document = try? JSONDocument(scanning: text)
            let expected = foundationValue(text)

            if let document {
                // Foundation may refuse a number it can't hold, which is no matter of syntax.
                guard let expected else {
                    try #require(hasHugeNumber(document.root), "\(String(decoding: text, as: UTF8.self))")
                    continue
                }
                try #require(expected.isEqual(object(document.root)), "\(String(decoding: text, as: UTF8.self))")
            } else if expected != nil {
                try #require(isStricter(text), "refused \(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    /// Whether the text is refused for a rule that Foundation does not have: duplicate keys, depth, and what is not UTF-8
    /// without a byte order mark.
    private func isStricter(_ text: [UInt8]) -> Bool {
        do throws(JSONError) {
            _ = try JSONDocument(scanning: text)
            return false
        } catch {
            return [.duplicateKey, .tooDeep, .loneSurrogate].contains(error.reason)
        }
    }

    private func hasHugeNumber(_ value: JSONValue) -> Bool {
        switch value.kind {
        case .number:
            Double(String(decoding: value.rawBytes, as: UTF8.self)).map { !$0.isFinite || $0.magnitude > 1e100 } ?? true
        case .object: value.members.contains { hasHugeNumber($0.value) }
        case .array: value.elements.contains { hasHugeNumber($0) }
        case .string, .true, .false, .null: false
        }
    }

    private func foundationValue(_ bytes: [UInt8]) -> NSObject? {
        try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) as? NSObject
    }

    private func object(_ value: JSONValue) -> NSObject {
        switch value.kind {
        case .null: NSNull()
        case .true: NSNumber(value: true)
        case .false: NSNumber(value: false)
        case .string: NSString(string: value.string ?? "")
        case .number:
            value.integer.map { NSNumber(value: $0) }
                ?? NSNumber(value: Double(String(decoding: value.rawBytes, as: UTF8.self)) ?? .nan)
        case .array: NSArray(array: value.elements.map(object))
        case .object:
            NSDictionary(
                dictionary: Dictionary(uniqueKeysWithValues: value.members.map { ($0.name, object($0.value)) }))
        }
    }
}

/// Makes up JSON texts.
private struct DocumentMaker {
    private var generator: SeededGenerator

    init(seed: Int) { generator = SeededGenerator(seed: seed) }

    mutating func document() -> String { space() + value(depth: 0) + space() }

    mutating func container() -> String {
        generator.oneIn(2) ? object(depth: 0) : array(depth: 0)
    }

    mutating func damaged(_ text: [UInt8]) -> [UInt8] {
        var text = text
        let interesting: [UInt8] =
            Array("{}[]\",:\\u0123.eE+-tfn \t\n/".utf8) + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF4]
        for _ in 0...Int.random(in: 0...2, using: &generator) {
            let place = Int.random(in: 0..<max(1, text.count), using: &generator)
            guard place < text.count else { continue }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: text[place] = generator.pick(interesting)
            case 1: text.insert(generator.pick(interesting), at: place)
            case 2: text.remove(at: place)
            default: text.swapAt(place, Int.random(in: 0..<text.count, using: &generator))
            }
        }
        return text
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 4 ? 5 : 8), using: &generator) {
        case 0: generator.pick(["true", "false", "null"])
        case 1, 2: number()
        case 3, 4: string()
        case 5: array(depth: depth)
        default: object(depth: depth)
        }
    }

    private mutating func array(depth: Int) -> String {
        let count = Int.random(in: 0...4, using: &generator)
        let elements = (0..<count).map { _ in space() + value(depth: depth + 1) + space() }
        return "[" + (elements.isEmpty ? space() : elements.joined(separator: ",")) + "]"
    }

    private mutating func object(depth: Int) -> String {
        let count = generator.oneIn(12) ? 30 : Int.random(in: 0...5, using: &generator)
        let members = (0..<count).map { index in
            let key = string().dropLast() + "\(index)\""
            return space() + key + space() + ":" + space() + value(depth: count > 9 ? 9 : depth + 1) + space()
        }
        return "{" + (members.isEmpty ? space() : members.joined(separator: ",")) + "}"
    }

    private mutating func number() -> String {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: "\(Int.random(in: -20...20, using: &generator))"
        case 1: "\(Int64.random(in: (-1 << 52)...(1 << 52), using: &generator))"
        case 2: "\(Int.random(in: -99...99, using: &generator)).\(Int.random(in: 0...999, using: &generator))"
        default:
            "\(Int.random(in: -9...9, using: &generator)).5\(generator.pick(["e", "E"]))"
                + "\(generator.pick(["", "+", "-"]))\(Int.random(in: 0...20, using: &generator))"
        }
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "key", " ", "é", "日本", "😀", "e\u{301}", "\u{7F}", "\u{2028}", #"\n"#, #"\""#, #"\\"#, #"\/"#,
            #"\u00e9"#,
            #"\uD83D\uDE00"#, #"\u0000"#, #"\uffff"#, #"\b\f\r\t"#, "{", "]", ",", ":",
        ]
        return "\"" + (0..<Int.random(in: 0...4, using: &generator)).map { _ in generator.pick(pieces) }.joined() + "\""
    }

    private mutating func space() -> String { generator.oneIn(3) ? generator.pick([" ", "\n", "\t ", "\r\n"]) : "" }
}
