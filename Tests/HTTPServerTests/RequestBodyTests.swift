import HTTPProtocol
import HTTPServer
import Synchronization
import Testing

struct RequestBodyTests {
    @Test(arguments: [(15, 200), (16, 200), (17, 413)])
    func `a buffered body has a bound, known ahead`(count: Int, status: Int) throws {
        let server = try TestServer(TestApplication.echo(limit: 16))
        let client = server.connect()

        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n")
        if status == 200 { client.send(String(repeating: "x", count: count)) }

        // A refusal does not wait for the body.
        #expect(client.answer()?.status == status)
    }

    @Test(arguments: [(16, 200), (17, 413)])
    func `a buffered body has a bound, found on the way`(count: Int, status: Int) throws {
        let server = try TestServer(TestApplication.echo(limit: 16))
        let client = server.connect()
        let chunk = String(count, radix: 16) + "\r\n" + String(repeating: "x", count: count) + "\r\n0\r\n\r\n"

        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)")
        let answer = client.answer()

        #expect(answer?.status == status)
        #expect(answer?.fields["connection"] == (status == 413 ? "close" : nil))
    }

    @Test func `100 Continue comes when the body is wanted, in its turn`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n")
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let first = client.answer()
        let interim = client.answer()
        client.send("ok")

        #expect(first?.body == "a")
        #expect(interim?.status == 100)
        #expect(client.answer()?.body == "ok")
    }

    @Test(arguments: [("/echo", "17", 413), ("/nowhere", "2", 404), ("/hello/x", "2", 405)])
    func `a body that nobody wants is not asked for`(path: String, length: String, status: Int) throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n")
        let answer = client.answer()

        #expect(answer?.status == status)
        #expect(answer?.fields["connection"] == "close")
        #expect(client.readToEnd() == "")
    }

    @Test func `an unknown expectation fails`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 2\r\n\r\nok")
        client.send("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(client.answer()?.status == 417)
        #expect(client.answer()?.body == "a")
    }

    @Test func `an unwanted body is read past`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("DELETE /hello/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /")
        client.send("GET /hello/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n0\r\n\r\n")
        client.send("GET /hello/c HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(client.answer()?.status == 204)
        #expect(client.answer()?.body == "b")
        #expect(client.answer()?.body == "c")
    }

    @Test func `an incremental body is handed over as it comes`() async throws {
        let pieces = Mailbox<String>()
        let server = try TestServer(Self.incremental(limit: 100, pieces))
        let client = server.connect()

        client.send("POST /batch HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        let first = pieces.next()
        client.send("3\r\ntwo\r\n0\r\n\r\n")

        #expect(first == "one")
        #expect(client.answer()?.body == "6")
    }

    @Test func `an incremental body that is too large is aborted and refused`() async throws {
        let pieces = Mailbox<String>()
        let server = try TestServer(Self.incremental(limit: 5, pieces))
        let client = server.connect()

        client.send("POST /batch HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n")

        let answer = client.answer()
        var event = pieces.next()
        // What came before the excess may be handed over, or not when it came with it.
        if event == "one" { event = pieces.next() }

        #expect(answer?.status == 413)
        #expect(event == "aborted(refused(HTTPServer.HTTPFault.contentTooLarge(limit: 5)))")
    }

    @Test func `an incremental body that ends with its connection is aborted`() async throws {
        let pieces = Mailbox<String>()
        let server = try TestServer(Self.incremental(limit: 100, pieces))
        let client = server.connect()

        client.send("POST /batch HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\none")
        let first = pieces.next()
        client.reset()

        #expect(first == "one")
        #expect(pieces.next() == "aborted(disconnected)")
    }

    @Test func `an incremental route may answer without the body`() throws {
        let application = TestApplication([
            Route(.post, "/batch", body: .incremental(limit: 100)) { _, responder in
                responder.respond(Response(.unauthorized))
            }
        ])
        let server = try TestServer(application)
        let client = server.connect()

        client.send("POST /batch HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none")
        let first = client.answer()
        client.send("POST /batch HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n")
        let second = client.answer()

        #expect(first?.status == 401)
        #expect(first?.fields["connection"] == nil)
        #expect(second?.status == 401)
        #expect(second?.fields["connection"] == "close")
    }

    /// `/batch` posts each piece and the end, and answers with the number of bytes.
    private static func incremental(limit: Int, _ pieces: Mailbox<String>) -> TestApplication {
        TestApplication([
            Route(.post, "/batch", body: .incremental(limit: limit)) { _, responder in
                responder.receiveBody(Counter(responder, pieces))
            }
        ])
    }

    private final class Counter: BodyConsumer {
        private let responder: Responder
        private let pieces: Mailbox<String>
        private var count = 0

        init(_ responder: Responder, _ pieces: Mailbox<String>) {
            self.responder = responder
            self.pieces = pieces
        }

        func receive(_ bytes: [UInt8]) {
            count += bytes.count
            pieces.post(String(decoding: bytes, as: UTF8.self))
        }

        func finished() { responder.respond(Response(text: "\(count)")) }

        func aborted(_ reason: BodyAbort) { pieces.post("aborted(\(reason))") }
    }
}
