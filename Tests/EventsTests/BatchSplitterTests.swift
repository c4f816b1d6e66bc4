import Events
import Testing

struct BatchSplitterTests {
    /// What a splitter makes of `pieces`; an error ends the list.
    private func items(
        _ format: BatchSplitter.Format, _ pieces: [[UInt8]], maximumItems: Int = 1_000, maximumItemBytes: Int = 64
    ) throws(BatchError) -> [BatchSplitter.Item] {
        var splitter = BatchSplitter(format: format, maximumItems: maximumItems, maximumItemBytes: maximumItemBytes)
        var items: [BatchSplitter.Item] = []
        for piece in pieces {
            try splitter.receive(piece)
            while let item = splitter.next() { items.append(item) }
        }
        try splitter.finish()
        while let item = splitter.next() { items.append(item) }
        return items
    }

    private func item(_ text: String) -> BatchSplitter.Item { .bytes(Array(text.utf8)) }

    /// The text whole, byte by byte, and split at every place.
    private func partitions(_ text: String) -> [[[UInt8]]] {
        let bytes = Array(text.utf8)
        return [[bytes], bytes.map { [$0] }] + bytes.indices.map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    }

    @Test(arguments: [
        ("", []), ("\n \n\r\n\t\n", []), ("{}", ["{}"]), ("{}\n", ["{}"]),
        ("{\"a\":1}\r\n{\"b\":2}\r\n", ["{\"a\":1}", "{\"b\":2}"]),
        ("{}\n\n\n[\n", ["{}", "["]), ("{bad\n{}", ["{bad", "{}"]), (" {} \n7", [" {} ", "7"]),
    ])
    func `NDJSON gives a line an item, at every split`(text: String, expected: [String]) throws {
        for pieces in partitions(text) {
            #expect(try items(.ndjson, pieces) == expected.map(item))
        }
    }

    @Test(arguments: [
        ("[]", []), (" [ ] ", []), ("[{}]", ["{}"]),
        ("[ {\"a\" : [1, {\"b\":2}]} , 7,\"x,]\" ]\n", ["{\"a\" : [1, {\"b\":2}]}", "7", "\"x,]\""]),
        (#"["\"]","\\",null]"#, [#""\"]""#, #""\\""#, "null"]), ("[[],[[]],{}]", ["[]", "[[]]", "{}"]),
        ("[{\"a\":1,\"a\":2}]", ["{\"a\":1,\"a\":2}"]),
    ])
    func `an array gives its elements, at every split`(text: String, expected: [String]) throws {
        for pieces in partitions(text) {
            #expect(try items(.array, pieces) == expected.map(item))
        }
    }

    @Test(arguments: [
        "", " ", "{}", "[", "[{}", "[{},", "[{},]", "[,{}]", "[{} {}]", "[{}{}]", "[{}]]", "[{}] x", "[{]]",
        "[{\"a\":}]",
        "[tru]", "[\"\\x\"]", "[\"]", "[1 2]", "[}]", "[{}}]", "[01]", "\u{FEFF}[]", "[\"a\"b]",
    ])
    func `what is no array is refused as a whole, at every split`(text: String) {
        for pieces in partitions(text) {
            #expect(throws: BatchError.self) { try items(.array, pieces) }
        }
    }

    @Test(arguments: [BatchSplitter.Format.ndjson, .array], [63, 64, 65])
    func `an item that is too large fails alone`(format: BatchSplitter.Format, size: Int) throws {
        let large = "\"" + String(repeating: "x", count: size - 2) + "\""
        let text = format == .array ? "[1,\(large),2]" : "1\n\(large)\r\n2"

        let middle: BatchSplitter.Item = size > 64 ? .tooLarge : item(large)
        for pieces in partitions(text) {
            #expect(try items(format, pieces) == [item("1"), middle, item("2")])
        }
    }

    @Test(arguments: [BatchSplitter.Format.ndjson, .array], [2, 3, 4])
    func `the number of items is bounded`(format: BatchSplitter.Format, count: Int) {
        let elements = (0..<count).map(String.init)
        let text = format == .array ? "[\(elements.joined(separator: ","))]" : elements.joined(separator: "\n")

        let split = try? items(format, [Array(text.utf8)], maximumItems: 3)

        #expect(split?.count == (count > 3 ? nil : count))
    }

    @Test func `an endless item costs no more memory than its limit`() throws {
        var splitter = BatchSplitter(format: .array, maximumItemBytes: 1_024)
        try splitter.receive(Array("[\"".utf8))
        for _ in 0..<1_000 { try splitter.receive([UInt8](repeating: 0x61, count: 4_096)) }
        try splitter.receive(Array("\"]".utf8))
        try splitter.finish()

        #expect(splitter.next() == .tooLarge)
        #expect(splitter.next() == nil)
    }
}
