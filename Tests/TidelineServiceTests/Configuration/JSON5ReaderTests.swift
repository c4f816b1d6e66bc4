import Testing

@testable import TidelineService

struct JSON5ReaderTests {
    @Test(arguments: [
        (#"{}"#, JSON5Node.Content.object([])),
        ("[]", .array([])),
        ("  // c\n /* d \n e */ true ", .boolean(true)),
        ("null", .null),
        ("'it\\'s'", .string("it's")),
        (#""a\n\t\x41\u00e9\ud83d\ude00\\""#, .string("a\n\tAé😀\\")),
        ("'one\\\ntwo'", .string("onetwo")),
        ("-12", .number("-12")),
        ("0x1F", .number("0x1F")),
        (".5", .number(".5")),
        ("5.", .number("5.")),
        ("1e-3", .number("1e-3")),
        ("+Infinity", .number("+Infinity")),
        ("\u{FEFF}false", .boolean(false)),
    ])
    func `each kind of value is read`(text: String, expected: JSON5Node.Content) throws {
        let node = try JSON5Reader.read(Array(text.utf8))

        #expect(node.content == expected)
    }

    @Test func `names may stand without quotes and a comma may follow the last member`() throws {
        let text = "{\n  a_1: [1, 2,],\n  'b': { $c: \"d\", },\n}"

        let node = try JSON5Reader.read(Array(text.utf8))

        #expect(
            node.content
                == .object([
                    .init(
                        name: "a_1", line: 2,
                        value: JSON5Node(
                            content: .array([
                                JSON5Node(content: .number("1"), line: 2), JSON5Node(content: .number("2"), line: 2),
                            ]), line: 2)),
                    .init(
                        name: "b", line: 3,
                        value: JSON5Node(
                            content: .object([
                                .init(name: "$c", line: 3, value: JSON5Node(content: .string("d"), line: 3))
                            ]), line: 3)),
                ]))
    }

    @Test(arguments: [
        ("", 1), ("{", 1), ("{\na: 1\nb: 2}", 3), ("{a: 1,\n a: 2}", 2), ("{a 1}", 1), ("{,}", 1), ("[1,,2]", 1),
        ("{a: bare}", 1), ("{a: 5s}\n", 1), ("'open", 1), ("'two\nlines'", 1), ("/* open", 1), ("{} x", 1),
        (#""\u12""#, 1), (#""\ud800""#, 1), (#""\udc00""#, 1), ("{1a: 1}", 1), ("{a: }", 1), ("/ x", 1), (".", 1),
        ("0x", 1), ("1e", 1), ("1.2.3", 1), ("+", 1), ("\u{A0}1", 1),
    ])
    func `what is not JSON5 is refused with its line`(text: String, line: Int) {
        let error = #expect(throws: JSON5Error.self) { try JSON5Reader.read(Array(text.utf8)) }

        #expect(error?.line == line)
    }

    @Test func `nesting is bounded`() {
        let deep = String(repeating: "[", count: 100_000)

        #expect(throws: JSON5Error.self) { try JSON5Reader.read(Array(deep.utf8)) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSON5Error.self) { try JSON5Reader.read([0x22, 0xFF, 0x22]) }
    }

    @Test func `no prefix of a document traps or is taken for the whole`() throws {
        let text = Array("{ a: ['x', \"\\u0041\", 0x1F, -1.5e3,], /* c */ b: { c: true, }, } // end".utf8)
        let closing = try #require(text.lastIndex(of: UInt8(ascii: "}")))

        for length in 0...closing {
            #expect(throws: JSON5Error.self) { try JSON5Reader.read(Array(text[..<length])) }
        }
    }
}
