import CZlib
import HTTPProtocol
import Testing

@testable import HTTPServer

struct GzipTests {
    private static let text = Array(String(repeating: #"{"eventType":"message.sent","seq":1}"#, count: 200).utf8)

    @Test(arguments: [1, 9] as [Int32])
    func `what was compressed comes back as it was`(level: Int32) throws {
        let compressed = try #require(Gzip.compress(Self.text, level: level))

        #expect(compressed.starts(with: [0x1F, 0x8B]))
        #expect(compressed.count < Self.text.count / 10)
        #expect(inflated(compressed) == Self.text)
    }

    @Test func `what would not become smaller stays as it is`() {
        var random = SystemRandomNumberGenerator()
        let noise = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &random) }

        #expect(Gzip.compress(noise, level: 9) == nil)
        #expect(Gzip.compress(Array(Self.text.prefix(Gzip.minimumBytes - 1)), level: 9) == nil)
        #expect(Gzip.compress(Array(Self.text.prefix(Gzip.minimumBytes)), level: 9) != nil)
    }

    @Test func `each coding has a tag of its own, and only its own tag is a 304`() throws {
        let body = PreparedBody(Self.text)
        let plain = body.response(to: try head(), mediaType: "text/css", fields: [:])
        let coded = body.response(to: try head("Accept-Encoding: gzip\r\n"), mediaType: "text/css", fields: [:])

        #expect(plain.body == Self.text && plain.fields[.contentEncoding] == nil)
        #expect(inflated(coded.body) == Self.text && coded.fields[.contentEncoding] == "gzip")
        #expect([plain, coded].allSatisfy { $0.fields[.vary] == "Accept-Encoding" })
        let plainTag = try #require(plain.fields[.etag])
        let codedTag = try #require(coded.fields[.etag])
        #expect(plainTag != codedTag)
        for (tag, takesGzip, status) in [
            (plainTag, false, Status.notModified), (codedTag, true, .notModified), (plainTag, true, .ok),
            (codedTag, false, .ok),
        ] {
            let accept = takesGzip ? "Accept-Encoding: gzip\r\n" : ""
            let reply = body.response(
                to: try head("If-None-Match: \(tag)\r\n\(accept)"), mediaType: "text/css", fields: [:])
            #expect(reply.status == status, "\(tag) \(takesGzip)")
        }
    }

    @Test func `an answer is compressed for those who take it, and says that it varies`() throws {
        let answer = Response.json(Self.text)

        #expect(answer.compressed(for: try head()).body == Self.text)
        #expect(answer.compressed(for: try head()).fields[.vary] == "Accept-Encoding")
        #expect(inflated(answer.compressed(for: try head("Accept-Encoding: br, gzip\r\n")).body) == Self.text)
        #expect(Response.json([1]).compressed(for: try head("Accept-Encoding: gzip\r\n")).fields[.vary] == nil)
    }

    private func head(_ fields: String = "") throws -> RequestHead {
        var parser = HTTP1Parser()
        let bytes = Array("GET /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
        guard case .head(let head, _) = try parser.parse(bytes.span) else {
            throw HTTP1Error.malformedRequestLine
        }
        return head
    }

    private func inflated(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        guard unsafe inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return nil
        }
        defer { unsafe inflateEnd(&stream) }
        var (input, output) = (bytes, [UInt8](repeating: 0, count: 1 << 20))
        let outcome = unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                return unsafe inflate(&stream, Z_FINISH)
            }
        }
        guard outcome == Z_STREAM_END else { return nil }
        return unsafe Array(output[..<(output.count - Int(stream.avail_out))])
    }
}
