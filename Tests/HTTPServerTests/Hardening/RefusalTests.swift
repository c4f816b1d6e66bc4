import HTTPProtocol
import HTTPServer
import Testing

struct RefusalTests {
    @Test(arguments: [
        ("GET /\r\n\r\n", 400), ("GET / HTTP/1.1\n\n", 400), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("GET / HTTP/1.1\r\n\r\n", 400), ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}", 400),
    ])
    func `broken framing gets one answer and the end`(input: String, status: Int) throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET /hello/before HTTP/1.1\r\nHost: a\r\n\r\n" + input)
        // What follows must never be taken for a request.
        client.send("GET /hello/smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        let before = client.answer()
        let answer = client.answer()

        #expect(before?.body == "before")
        #expect(answer?.status == status)
        #expect(answer?.fields["connection"] == "close")
        #expect(client.readToEnd() == "")
        #expect(!client.wasReset)
    }

    @Test(arguments: [
        ("/" + String(repeating: "a", count: 9_000), "", 414), ("/", String(repeating: "a", count: 40_000), 431),
    ])
    func `what is too long is refused`(path: String, value: String, status: Int) throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nX: \(value)\r\n\r\n")

        #expect(client.answer()?.status == status)
    }

    @Test func `one bad connection does not harm another`() throws {
        let server = try TestServer(TestApplication.echo())
        let good = server.connect()
        let bad = server.connect()

        bad.send("nonsense")
        bad.reset()
        good.send("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(good.answer()?.body == "a")
    }
}
