import HTTPProtocol
import Testing

struct AcceptedTypesTests {
    @Test(
        arguments: [
            ([], 1_000), (["*/*"], 1_000), (["text/event-stream"], 1_000), (["text/*;q=0.5"], 500),
            (["application/json"], 0), (["text/*;q=0.5, text/event-stream;q=0.25"], 250),
            (["*/*;q=1, text/event-stream;q=0"], 0), (["TEXT/Event-Stream ; Q=0.125"], 125),
            (["application/json", "text/event-stream"], 1_000), (["text/event-stream;charset=utf-8"], 1_000),
            (["garbage"], 1_000), (["text/event-stream;q=2"], 1_000), (["*/json, application/json"], 0),
        ] as [([String], Int)])
    func `the most exact range decides`(values: [String], expected: Int) {
        let accepted = AcceptedTypes(values.map { ArraySlice($0.utf8) })

        #expect(accepted.weight(of: .eventStream) == expected)
    }

    @Test func `the better liked offer wins and the first among equals`() {
        let accepted = AcceptedTypes([ArraySlice("application/json;q=0.5, text/*".utf8)])

        #expect(accepted.preferred(of: [.json, .eventStream, .plainText]) == .eventStream)
        #expect(accepted.preferred(of: [.problemJSON]) == nil)
    }
}

struct MediaTypeTests {
    @Test(
        arguments: [
            ("application/json", MediaType.json), ("Application/JSON ; charset=utf-8", .json),
            ("application/x-ndjson", .ndjson), ("json", nil), ("a/b/c", nil), ("/json", nil), ("", nil), ("a b/c", nil),
        ] as [(String, MediaType?)])
    func `type and subtype are read`(value: String, expected: MediaType?) {
        #expect(MediaType(parsing: ArraySlice(value.utf8)) == expected)
    }
}

struct EntityTagTests {
    @Test(arguments: [
        ("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("\"b\",W/\"a\" ,\"c\"", true), ("*", true),
        ("\"b\"", false), ("a", false), ("\"a", false), ("", false), ("\"b,\\\"a\\\"\"", false), ("x \"a\"", false),
    ])
    func `tags are compared weakly over lists`(value: String, expected: Bool) {
        #expect(EntityTag.isNamed("W/\"a\"", byNoneMatch: [ArraySlice(value.utf8)]) == expected)
        #expect(EntityTag.isNamed("\"a\"", byNoneMatch: [ArraySlice(value.utf8)]) == expected)
    }

    @Test func `no condition names nothing`() {
        #expect(!EntityTag.isNamed("\"a\"", byNoneMatch: []))
    }
}

struct AcceptedCodingsTests {
    @Test(
        arguments: [
            ([], false), ([""], false), (["gzip"], true), (["GZIP"], true), (["x-gzip"], true), (["deflate, br"], false),
            (["br;q=1.0, gzip;q=0.8, *;q=0.1"], true), (["gzip;q=0"], false), (["gzip; q=0.000"], false),
            (["*"], true), (["*;q=0"], false), (["gzip;q=0, *"], false), (["identity", "gzip;q=0.5"], true),
            (["gzip;q=2"], false), (["gzip;q="], false), (["gzip;level=9"], true), (["gzip,,br"], true),
        ] as [([String], Bool)])
    func `gzip is taken where it is named or all are, and not refused`(values: [String], expected: Bool) {
        #expect(AcceptedCodings(values.map { ArraySlice($0.utf8) }).takesGzip == expected)
    }
}
