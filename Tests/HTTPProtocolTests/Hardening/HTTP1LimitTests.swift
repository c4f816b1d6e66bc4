import HTTPProtocol
import Testing

/// Every bound of the head at one below, at, and one above.
struct HTTP1LimitTests {
    @Test(arguments: [(-1, true), (0, true), (1, false)])
    func `the request line has a bound`(offset: Int, fits: Bool) {
        let line = requestLine(bytes: 8_192 + offset)
        let bytes = Array((line + "\r\nHost: a\r\n\r\n").utf8)

        let ways = [[bytes.count], Array(1...bytes.count), [8_193, bytes.count], [8_194, bytes.count]]
        let verdicts = ways.map { parse(bytes, at: $0).verdict }

        let expected = fits ? Verdict.head(consumed: bytes.count) : .refused(.requestLineTooLong)
        #expect(verdicts.allSatisfy { $0 == expected }, "\(verdicts)")
    }

    @Test(arguments: [(-1, true), (0, true), (1, false)])
    func `the head has a bound`(offset: Int, fits: Bool) {
        let fixed = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".utf8.count
        let value = String(repeating: "v", count: 32_768 - fixed + offset)
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: \(value)\r\n\r\n".utf8)

        let ways = [[bytes.count], Array(1...bytes.count), [32_767, bytes.count], [32_768, bytes.count]]
        let verdicts = ways.filter { ($0.first ?? 0) <= bytes.count }.map { parse(bytes, at: $0).verdict }

        let expected = fits ? Verdict.head(consumed: bytes.count) : .refused(.headTooLarge)
        #expect(verdicts.allSatisfy { $0 == expected }, "\(verdicts)")
    }

    @Test(arguments: [(99, true), (100, true), (101, false)])
    func `the number of fields has a bound`(count: Int, fits: Bool) {
        let fields = (1..<count).map { "X-\($0): y\r\n" }.joined()

        let verdict = parse("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n").verdict

        #expect((verdict == .refused(.tooManyFields)) == !fits)
    }

    @Test func `the head bound is settable`() {
        let value = String(repeating: "v", count: 2_000)

        let verdict = parse(
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(value)\r\n\r\n", limits: HTTP1Limits(maximumHeadBytes: 1_500)
        ).verdict

        #expect(verdict == .refused(.headTooLarge))
    }

    private func requestLine(bytes: Int) -> String {
        "GET /" + String(repeating: "p", count: bytes - "GET / HTTP/1.1".utf8.count) + " HTTP/1.1"
    }
}
