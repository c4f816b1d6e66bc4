import HTTPProtocol
import Testing

struct BodyDecoderTests {
    /// What came of a body: its bytes and how many of the input's it took, or why it was refused.
    enum Reading: Equatable {
        case complete(String, used: Int)
        case incomplete(String)
        case refused(HTTP1Error)
    }

    struct Body: Sendable {
        var input: String
        var reading: Reading

        init(_ input: String, _ reading: Reading) {
            self.input = input
            self.reading = reading
        }
    }

    static let bodies: [Body] = [
        Body("0\r\n\r\n", .complete("", used: 5)),
        Body("5\r\nhello\r\n0\r\n\r\n", .complete("hello", used: 15)),
        Body("5\r\nhello\r\n0\r\n\r\nGET /", .complete("hello", used: 15)),
        Body("3\r\nabc\r\nA\r\n0123456789\r\n000\r\n\r\n", .complete("abc0123456789", used: 30)),
        Body("0000000000000001\r\na\r\n0\r\n\r\n", .complete("a", used: 26)),
        Body("1;ext=\"a\"\r\na\r\n0;x\r\n\r\n", .complete("a", used: 21)),
        Body("1 \t;ext\r\na\r\n0\r\n\r\n", .complete("a", used: 17)),
        Body("1\r\na\r\n0\r\nTrailer: x\r\nB:\r\n\r\n", .complete("a", used: 27)),
        Body("5\r\nhel", .incomplete("hel")),
        Body("1\r\na\r\n0\r\n", .incomplete("a")),
        Body("\r\n", .refused(.malformedChunk)),
        Body("g\r\n", .refused(.malformedChunk)),
        Body("-1\r\n", .refused(.malformedChunk)),
        Body("0x1\r\n", .refused(.malformedChunk)),
        Body(" 1\r\n", .refused(.malformedChunk)),
        Body("1 \r\na", .refused(.malformedChunk)),
        Body("1\na\r\n", .refused(.malformedChunk)),
        Body("1\r\na\n0\r\n\r\n", .refused(.malformedChunk)),
        Body("1\r\nab\r\n", .refused(.malformedChunk)),
        Body("1\r\na\r0\r\n\r\n", .refused(.malformedChunk)),
        Body("1;a\rb\r\n", .refused(.malformedChunk)),
        Body("1;a\nb\r\n", .refused(.malformedChunk)),
        Body("1;a\u{0}\r\n", .refused(.malformedChunk)),
        Body("00000000000000001\r\n", .refused(.malformedChunk)),
        Body("8000000000000000\r\n", .refused(.malformedChunk)),
        Body("7fffffffffffffff\r\n", .refused(.bodyTooLarge)),
        Body("11\r\n", .refused(.bodyTooLarge)),
        Body("8\r\n12345678\r\n9\r\n", .refused(.bodyTooLarge)),
        Body("0\r\n\n", .refused(.malformedChunk)),
        Body("0\r\n x: y\r\n\r\n", .refused(.malformedChunk)),
        Body("0\r\nx y: z\r\n\r\n", .refused(.malformedChunk)),
        Body("0\r\nx\r\n\r\n", .refused(.malformedChunk)),
        Body("0\r\nx: a\nb: c\r\n\r\n", .refused(.malformedChunk)),
        Body("0\r\nx: a\u{1}\r\n\r\n", .refused(.malformedChunk)),
    ]

    @Test(arguments: bodies)
    func `a chunked body reads the same however it is cut`(body: Body) {
        let bytes = Array(body.input.utf8)

        let readings = cuts(of: bytes.count).map { read(bytes, at: $0, framing: .chunked, maximumBytes: 16) }

        #expect(readings.allSatisfy { $0 == body.reading }, "\(readings[0])")
    }

    @Test func `a body of known length takes that and no more`() {
        let bytes = Array("helloGET /".utf8)

        let readings = cuts(of: bytes.count).map { read(bytes, at: $0, framing: .length(5), maximumBytes: 5) }

        #expect(readings.allSatisfy { $0 == .complete("hello", used: 5) })
    }

    @Test func `no framing is a complete body`() throws {
        let decoder = try BodyDecoder(.none, maximumBytes: 0)

        #expect(decoder.isComplete)
    }

    @Test(arguments: [(15, true), (16, true), (17, false)])
    func `a Content-Length beyond the bound is refused before a byte is read`(length: Int, fits: Bool) {
        let decoder = try? BodyDecoder(.length(length), maximumBytes: 16)  // The error is the result here.

        #expect((decoder != nil) == fits)
    }

    @Test(arguments: [(4_096, true), (4_097, false)])
    func `chunk extensions have a bound over the whole body`(count: Int, fits: Bool) {
        let half = count / 2
        let first = ";" + String(repeating: "x", count: half - 1)
        let second = ";" + String(repeating: "x", count: count - half - 1)
        let bytes = Array("1\(first)\r\na\r\n0\(second)\r\n\r\n".utf8)

        let reading = read(bytes, at: [bytes.count], framing: .chunked, maximumBytes: 16)

        #expect(reading == (fits ? .complete("a", used: bytes.count) : .refused(.oversizedChunkMetadata)))
    }

    @Test(arguments: [(8_192, true), (8_193, false)])
    func `trailers have a bound`(count: Int, fits: Bool) {
        let bytes = Array("0\r\nx:\(String(repeating: "y", count: count - 6))\r\n\r\n".utf8)

        let reading = read(bytes, at: [bytes.count], framing: .chunked, maximumBytes: 16)

        #expect(reading == (fits ? .complete("", used: bytes.count) : .refused(.oversizedChunkMetadata)))
    }

    private func read(
        _ bytes: [UInt8], at lengths: [Int], framing: RequestHead.BodyFraming, maximumBytes: Int
    ) -> Reading {
        do throws(HTTP1Error) {
            var decoder = try BodyDecoder(framing, maximumBytes: maximumBytes)
            var body: [UInt8] = []
            var used = 0
            for length in lengths {
                used += try decoder.decode(Array(bytes[used..<length]).span, into: &body)
                if decoder.isComplete { break }
            }
            let text = String(decoding: body, as: UTF8.self)
            return decoder.isComplete ? .complete(text, used: used) : .incomplete(text)
        } catch {
            return .refused(error)
        }
    }
}
