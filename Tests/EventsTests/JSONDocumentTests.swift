import Events
import Testing

struct JSONDocumentTests {
    @Test(arguments: [
        ("{}", "{}"), (" [ ] ", "[]"), ("0", "0"), ("\t-0\r\n", "-0"), (" \"a b\" ", "\"a b\""),
        ("{ \"a\" : [ 1 , -2.50e+3 , true , false , null ] }", #"{"a":[1,-2.50e+3,true,false,null]}"#),
        (#"{"b":1,"a":{"c":"\u00e9\n\/"}}"#, #"{"b":1,"a":{"c":"\u00e9\n\/"}}"#),
        ("[\"  \" , {\"x y\" : \"\u{E9}\u{1F600}\" }]", "[\"  \",{\"x y\":\"\u{E9}\u{1F600}\"}]"),
        (#"["\uD83D\uDE00"]"#, #"["\uD83D\uDE00"]"#), ("[1E9,1e-9,0.10]", "[1E9,1e-9,0.10]"),
    ])
    func `white space outside strings goes, everything else stays`(text: String, compact: String) throws {
        let document = try JSONDocument(scanning: Array(text.utf8))

        #expect(String(decoding: document.bytes, as: UTF8.self) == compact)
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1), ("{\"a\"", .unexpectedEnd, 4),
            ("[1,]", .unexpectedByte, 3), ("{,}", .unexpectedByte, 1), ("{\"a\":1,}", .unexpectedByte, 7),
            ("{a:1}", .unexpectedByte, 1), ("{'a':1}", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3),
            ("{}x", .trailingContent, 2), ("{}{}", .trailingContent, 2), ("\u{FEFF}{}", .unexpectedByte, 0),
            ("01", .invalidNumber, 1), ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2), ("1.e", .invalidNumber, 2),
            (".5", .unexpectedByte, 0), ("+1", .unexpectedByte, 0), ("1e", .unexpectedEnd, 2),
            ("-a", .invalidNumber, 1),
            ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0), ("-Infinity", .invalidNumber, 1),
            ("tru", .unexpectedEnd, 3), ("trux", .unexpectedByte, 3), ("nul", .unexpectedEnd, 3),
            ("\"a\u{0}\"", .controlByte, 2), ("\"\n\"", .controlByte, 1), ("\"\\x\"", .invalidEscape, 1),
            (#""\u12G4""#, .invalidEscape, 5), (#""\u12"#, .unexpectedEnd, 5), ("\"\\", .unexpectedEnd, 2),
            (#""\uD800""#, .loneSurrogate, 1), (#""\uDC00""#, .loneSurrogate, 1),
            (#""\uD800\u0041""#, .loneSurrogate, 1),
            (#""\uD800x""#, .loneSurrogate, 1), ("/**/1", .unexpectedByte, 0), ("{\"a\":1]", .unexpectedByte, 6),
            (#"{"a":1,"a":2}"#, .duplicateKey, 7), (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7),
            (#"{"x":{"a":1},"y":{"a":1,"b":2,"a":3}}"#, .duplicateKey, 30), (#"{"\n":1,"\u000a":2}"#, .duplicateKey, 8),
        ] as [(String, JSONError.Reason, Int)])
    func `what RFC 8259 or the stricter rules forbid is refused`(
        text: String, reason: JSONError.Reason, offset: Int
    ) {
        #expect(throws: JSONError(reason, at: offset)) { try JSONDocument(scanning: Array(text.utf8)) }
    }

    @Test(
        arguments: [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0x80], [0xC3],
            [0xC3, 0x28], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x28, 0x80],
        ] as [[UInt8]])
    func `invalid UTF-8 in a string is refused`(bytes: [UInt8]) {
        #expect(throws: JSONError(.invalidUTF8, at: 1)) { try JSONDocument(scanning: [0x22] + bytes + [0x22]) }
        #expect(throws: JSONError.self) { try JSONDocument(scanning: [0x22] + bytes) }
    }

    @Test(arguments: [("é", "e\u{301}"), ("a", "A"), ("", " ")])
    func `keys that only look alike are different keys`(first: String, second: String) throws {
        let document = try JSONDocument(scanning: Array("{\"\(first)\":1,\"\(second)\":2}".utf8))

        #expect(document.root[second]?.integer == 2)
    }

    @Test(arguments: [31, 32, 33])
    func `depth is bounded`(depth: Int) {
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)

        let document = try? JSONDocument(scanning: Array(text.utf8))

        #expect((document != nil) == (depth <= 32))
    }

    @Test(arguments: [99, 100, 101])
    func `size is bounded`(size: Int) {
        let text = "\"" + String(repeating: "x", count: size - 2) + "\""

        let document = try? JSONDocument(scanning: Array(text.utf8), limits: JSONLimits(maximumBytes: 100))

        #expect((document != nil) == (size <= 100))
    }

    @Test(arguments: [15, 16, 17, 18, 40])
    func `a duplicate is found at every place of a large object`(count: Int) throws {
        let keys = (0..<count).map { "\"key\($0)\":{\"key0\":[\($0)]}" }
        _ = try JSONDocument(scanning: Array("{\(keys.joined(separator: ","))}".utf8))

        for place in 0..<count {
            let text = "{\(keys.joined(separator: ",")),\"\\u006Bey\(place)\":0}"
            #expect(throws: JSONError.self) { try JSONDocument(scanning: Array(text.utf8)) }
        }
    }

    @Test func `an object of ten thousand keys is scanned in linear time`() throws {
        func scan(_ count: Int) throws -> Duration {
            let text = Array(("{" + (0..<count).map { "\"k\($0)\":0" }.joined(separator: ",") + "}").utf8)
            // The least of three, since a busy machine only ever adds.
            return try (0..<3).map { _ in
                try ContinuousClock().measure {
                    _ = try JSONDocument(scanning: text, limits: JSONLimits(maximumBytes: 1 << 24))
                }
            }.min() ?? .zero
        }

        let (small, large) = (try scan(10_000), try scan(80_000))

        // Eight times the keys; quadratic time would be 64 times as long.
        #expect(large < small * 32)
    }

    @Test func `values are found by name and read by kind`() throws {
        let text = #"{"s":"a\"\u0041","i":-42,"f":1.0,"t":true,"n":null,"a":[1,[2],{"k":3}],"\u006f":{"x":9}}"#

        let root = try JSONDocument(scanning: Array(text.utf8)).root

        #expect(root["s"]?.string == "a\"A")
        #expect(root["i"]?.integer == -42)
        #expect(root["f"]?.integer == nil)
        #expect(root["f"]?.kind == .number)
        #expect(root["t"]?.bool == true)
        #expect(root["n"]?.isNull == true)
        #expect(root["a"]?.elements.map { String(decoding: $0.rawBytes, as: UTF8.self) } == ["1", "[2]", #"{"k":3}"#])
        #expect(root["o"]?["x"]?.integer == 9)
        #expect(root["missing"] == nil)
        #expect(root.members.map(\.name) == ["s", "i", "f", "t", "n", "a", "o"])
        #expect(Array(root.elements).isEmpty)
    }

    @Test(arguments: [
        ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("9223372036854775808", nil),
        ("1e3", nil), ("-0", nil), ("0", 0),
    ])
    func `an integer is a literal that fits 64 bits`(text: String, value: Int64?) throws {
        #expect(try JSONDocument(scanning: Array(text.utf8)).root.integer == value)
    }
}
