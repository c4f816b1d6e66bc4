import Dispatch
import HTTPProtocol
import HTTPServer
import Synchronization
import Telemetry
import Testing

struct HTTP1ConnectionTests {
    @Test func `requests on one connection are answered one after the other`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET /hello/ann HTTP/1.1\r\nHost: a\r\n\r\n")
        let first = client.answer()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        let second = client.answer()

        #expect(first?.status == 200)
        #expect(first?.body == "ann")
        #expect(first?.fields["date"]?.hasSuffix("GMT") == true)
        #expect(second?.body == "hello")
    }

    @Test func `pipelined requests are answered in order though a later one is ready first`() throws {
        let held = Mutex<Responder?>(nil)
        let application = TestApplication([
            Route(.get, "/slow") { _, responder in held.withLock { $0 = responder } },
            Route(.get, "/fast") { _, responder in
                responder.respond(Response(text: "fast"))
                held.withLock { $0 }?.respond(Response(text: "slow"))
            },
        ])
        let server = try TestServer(application)
        let client = server.connect()

        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
        let answers = [client.answer()?.body, client.answer()?.body]

        #expect(answers == ["slow", "fast"])
    }

    @Test func `more pipelined requests than may wait are all answered`() throws {
        let server = try TestServer(
            TestApplication.echo(), settings: HTTPServerSettings(maximumPipelined: 4, maximumUnsentBytes: 64))
        let client = server.connect()

        client.send((0..<300).map { "GET /hello/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        let bodies = (0..<300).map { _ in client.answer()?.body }

        #expect(bodies == (0..<300).map { "\($0)" })
    }

    @Test func `a request may arrive one byte at a time`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        for byte in "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8 {
            client.send([byte])
        }

        #expect(client.answer()?.body == "abc")
    }

    @Test func `an answer may come from any thread`() async throws {
        let application = TestApplication([
            Route(.get, "/") { _, responder in
                DispatchQueue.global().async { responder.respond(Response(text: "later")) }
            }
        ])
        let server = try TestServer(application)
        let client = server.connect()

        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(client.answer()?.body == "later")
    }

    @Test func `a second answer is dropped`() throws {
        let application = TestApplication([
            Route(.get, "/") { _, responder in
                responder.respond(Response(text: "first"))
                responder.respond(Response(text: "second"))
            }
        ])
        let server = try TestServer(application)
        let client = server.connect()

        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

        #expect(client.answer()?.body == "first")
        #expect(client.answer()?.body == "first")
        #expect(client.readToEnd() == "")
    }

    @Test func `HEAD has the length of GET and no body`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("HEAD /hello/ann HTTP/1.1\r\nHost: a\r\n\r\nGET /hello/bob HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(client.answer(toHead: true)?.fields["content-length"] == "3")
        #expect(client.answer()?.body == "bob")
    }

    @Test func `OPTIONS and a wrong method say what is allowed`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("OPTIONS /hello/x HTTP/1.1\r\nHost: a\r\n\r\nPUT /hello/x HTTP/1.1\r\nHost: a\r\n\r\n")
        let options = client.answer()
        let refused = client.answer()

        #expect(options?.status == 204)
        #expect(options?.fields["allow"] == "GET, HEAD, DELETE, OPTIONS")
        #expect(options?.fields["content-length"] == nil)
        #expect(refused?.status == 405)
        #expect(refused?.fields["allow"] == "GET, HEAD, DELETE, OPTIONS")
    }

    @Test func `every answer carries a request id and takes over a valid one`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()
        let valid = String(repeating: "a", count: 64)

        let inbound = [valid, valid + "a", "a b", "", "x/y", "A.b_c-1"]
        let ids = inbound.map { id in
            client.send("GET /id HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(id)\r\n\r\n")
            let answer = client.answer()
            #expect(answer?.body == answer?.fields["x-request-id"])
            return answer?.body ?? ""
        }
        client.send("nonsense\r\n\r\n")

        #expect(ids[0] == valid)
        #expect(ids[5] == "A.b_c-1")
        #expect(ids[1...4].allSatisfy { (8...15).contains($0.utf8.count) })
        #expect(Set(ids).count == ids.count)
        #expect(client.answer()?.fields["x-request-id"]?.isEmpty == false)
    }

    @Test func `the application has a last look at every answer`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n")

        #expect(client.answer()?.fields["access-control-allow-origin"] == "http://b")
    }

    @Test func `an HTTP/1.0 client is served and left`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET /hello/ann HTTP/1.0\r\n\r\n")
        let answer = client.answer()

        #expect(answer?.body == "ann")
        #expect(answer?.fields["connection"] == "close")
        #expect(client.readToEnd() == "")
    }

    @Test func `an HTTP/1.0 client that asks for it is kept`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET /hello/ann HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let answer = client.answer()
        client.send("GET /hello/bob HTTP/1.0\r\n\r\n")

        #expect(answer?.fields["connection"] == "keep-alive")
        #expect(client.answer()?.body == "bob")
    }

    @Test func `a client that closes its half still gets its answers`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET /hello/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /hello/2 HTTP/1.1\r\nHost: a\r\n\r\nGET /inco")
        client.closeSending()

        #expect(client.answer()?.body == "1")
        #expect(client.answer()?.body == "2")
        #expect(client.readToEnd() == "")
        #expect(!client.wasReset)
    }

    @Test func `a large body is sent whole`() throws {
        let text = String(repeating: "0123456789abcdef", count: 131_072)
        let server = try TestServer(
            TestApplication([Route(.get, "/") { _, responder in responder.respond(Response(text: text)) }]))
        let client = server.connect()

        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")

        // Not compared in place: a failure would print both.
        let areEqual = client.answer()?.body == text && client.answer()?.body == text
        #expect(areEqual)
    }

    @Test func `draining closes idle connections and the others with their next answer`() async throws {
        let held = Mailbox<Responder>()
        let application = TestApplication([Route(.get, "/") { _, responder in held.post(responder) }])
        let server = try TestServer(application)
        let idle = server.connect()
        let busy = server.connect()
        busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let responder = held.next()

        server.service.drain()
        let idleBytes = idle.readToEnd()
        responder?.respond(Response(text: "bye"))

        #expect(idleBytes == "")
        #expect(busy.answer()?.fields["connection"] == "close")
        #expect(busy.readToEnd() == "")
    }

    @Test func `answers are counted by route and class of status`() throws {
        let server = try TestServer(TestApplication.echo())
        let client = server.connect()

        client.send("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = client.answer()
        _ = client.answer()

        let text = String(decoding: server.metrics.prometheusText(), as: UTF8.self)
        #expect(text.contains("tideline_http_requests_total{route=\"/hello/:name\",status=\"2xx\"} 1"))
        #expect(text.contains("tideline_http_requests_total{route=\"none\",status=\"4xx\"} 1"))
    }
}
