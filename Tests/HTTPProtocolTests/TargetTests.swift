import HTTPProtocol
import Testing

struct PercentCodingTests {
    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("a%20b", "a b"), ("%C3%a9", "é"), ("a+b", "a+b"), ("%2F", "/"), ("%25zz", "%zz"),
        ("%F0%9F%98%80", "😀"),
    ])
    func `well encoded text is decoded`(input: String, expected: String) {
        #expect(PercentCoding.decode(ArraySlice(input.utf8)) == expected)
    }

    @Test(arguments: [
        "%", "%2", "%zz", "%2z", "%00", "a%00b", "%C0%AF", "%E0%80%AF", "%ED%A0%80", "%FF", "%C3", "%F4%90%80%80",
        "%+1",
    ])
    func `what is badly encoded is refused`(input: String) {
        #expect(PercentCoding.decode(ArraySlice(input.utf8)) == nil)
    }

    @Test func `encoding is undone by decoding`() {
        let text = "a b/ü?&=+%.-_~😀"

        let encoded = PercentCoding.encode(text)

        #expect(PercentCoding.decode(ArraySlice(encoded.utf8)) == text)
        #expect(!encoded.contains("/"))
    }
}

struct QueryStringTests {
    @Test func `parameters are read in order`() throws {
        let query = try #require(QueryString(ArraySlice("a=1&b=x+y%26&a=2&c&&=v&d==".utf8)))

        #expect(query["a"] == "1")
        #expect(query.values(of: "a") == ["1", "2"])
        #expect(query["b"] == "x y&")
        #expect(query["c"] == "")
        #expect(query["d"] == "=")
        #expect(query["e"] == nil)
    }

    @Test(arguments: ["a=%zz", "%00=1", "a=%ff", "a=1&b=%"])
    func `a badly encoded query is refused`(input: String) {
        #expect(QueryString(ArraySlice(input.utf8)) == nil)
    }

    @Test func `no query has no parameters`() throws {
        #expect(try #require(QueryString(nil)).parameters.isEmpty)
    }
}

struct RequestPathTests {
    @Test(
        arguments: [
            ("/", []), ("/a", ["a"]), ("/a/", ["a"]), ("/a/b%2Fc", ["a", "b/c"]), ("/%2e%2e/x", ["..", "x"]),
        ] as [(String, [String])])
    func `segments are cut before they are decoded`(path: String, expected: [String]) throws {
        #expect(try #require(RequestPath(ArraySlice(path.utf8))).decoded() == expected)
    }

    @Test(arguments: ["", "*", "a/b", "//", "/a//b", "//a"])
    func `a path with an empty segment inside is none`(path: String) {
        #expect(RequestPath(ArraySlice(path.utf8)) == nil)
    }

    @Test func `a badly encoded segment cannot be decoded`() throws {
        #expect(try #require(RequestPath(ArraySlice("/a/%zz".utf8))).decoded() == nil)
    }
}
