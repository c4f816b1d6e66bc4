import Glibc
import HTTPProtocol
import HTTPServer
import Networking
import Synchronization
import Testing

struct ResponseStreamTests {
    @Test func `head and first bytes come first, then what is written, then the end`() async throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect()

        client.send("GET /stream HTTP/1.1\r\nHost: a\r\nX-Request-Id: r1\r\n\r\n")
        let head = client.read(through: "\r\n\r\n")
        let first = client.read(count: 10)
        let taken = await server.onLoop { probe.write("3\r\ntwo\r\n") }
        let second = client.read(count: 8)
        await server.onLoop {
            _ = probe.write("0\r\n\r\n")
            probe.end()
        }

        #expect(head?.contains("transfer-encoding: chunked\r\n") == true)
        #expect(head?.contains("x-request-id: r1\r\n") == true)
        #expect(head?.contains("content-length") == false)
        #expect(first == "5\r\nfirst\r\n")
        #expect(taken == 8)
        #expect(second == "3\r\ntwo\r\n")
        #expect(client.readToEnd() == "0\r\n\r\n")
        #expect(!client.wasReset)
    }

    @Test func `an HTTP/1.0 stream ends with its connection`() async throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect()

        client.send("GET /stream HTTP/1.0\r\n\r\n")
        let head = client.read(through: "\r\n\r\n")
        _ = client.read(count: 5)
        await server.onLoop {
            _ = probe.write("rest")
            probe.end()
        }

        #expect(head?.contains("transfer-encoding") == false)
        #expect(head?.contains("connection: close\r\n") == true)
        #expect(client.readToEnd() == "rest")
    }

    @Test func `a stream behind other requests waits for their answers`() async throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect()

        client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /never")
        let responder = probe.held.next()
        responder?.respond(Response(text: "before"))

        #expect(client.answer()?.body == "before")
        #expect(client.read(through: "first\r\n")?.contains("chunked") == true)
    }

    @Test func `a stream route that answers otherwise goes on with what follows`() throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect()

        client.send("GET /refused HTTP/1.1\r\nHost: a\r\n\r\nGET /refused HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(client.answer()?.status == 401)
        #expect(client.answer()?.status == 401)
    }

    @Test func `HEAD has the fields of the stream and starts none`() throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect()

        client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /refused HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = client.answer(toHead: true)

        #expect(head?.status == 200)
        #expect(head?.fields["transfer-encoding"] == "chunked")
        #expect(head?.fields["content-type"] == "text/event-stream")
        #expect(client.answer()?.status == 401)
    }

    @Test func `the owner hears that the client closed`() async throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect()

        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = client.read(through: "first\r\n")
        client.closeSending()

        #expect(probe.events.next() == "closed(peerClosed)")
        #expect(await server.onLoop { probe.write("x") } == -1)
    }

    @Test func `the owner hears that the client reset`() async throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect()

        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = client.read(through: "first\r\n")
        client.reset()

        #expect(probe.events.next()?.hasPrefix("closed(") == true)
    }

    @Test func `what a client sends behind its stream is thrown away up to a bound`() async throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect()

        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = client.read(through: "first\r\n")
        client.send([UInt8](repeating: 0x61, count: 65_536))
        await server.onLoop { _ = probe.write("x") }
        let echo = client.read(count: 1)
        client.send([UInt8](repeating: 0x61, count: 16))

        #expect(echo == "x")
        #expect(probe.events.next() == "closed(peerTalks)")
    }

    @Test func `a full socket takes nothing until it has room, and says so`() async throws {
        let probe = StreamProbe()
        let server = try TestServer(probe.application)
        let client = server.connect(receiveBuffer: 4_096)
        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = client.read(through: "first\r\n")
        let block = String(repeating: "y", count: 65_536)

        let total = await server.onLoop {
            var total = 0
            while true {
                let taken = probe.write(block)
                total += taken
                if taken < block.utf8.count { return total }
            }
        }
        let refused = await server.onLoop { probe.write(block) }
        let received = client.read(count: total)

        #expect(refused == 0)
        #expect(received?.utf8.count == total)
        #expect(probe.events.next() == "writable")
        await server.onLoop { probe.end() }
    }
}

/// A stream route whose stream the test drives.
private final class StreamProbe: Sendable {
    let events = Mailbox<String>()
    let held = Mailbox<Responder>()
    private let stream = Mutex<LoopBound<ResponseStream>?>(nil)

    var application: TestApplication {
        let fields: HTTPFields = [.contentType: "text/event-stream"]
        return TestApplication([
            Route(.get, "/stream", isStream: true) { [self] request, responder in
                if request.head.method == .head { return responder.respondWithStreamHead(ResponseHead(.ok, fields)) }
                let first = Array((request.streamIsChunked ? "5\r\nfirst\r\n" : "first").utf8)
                let started = responder.startStream(
                    ResponseHead(.ok, fields), firstBytes: first, delegate: Delegate(events))
                if let started {
                    let bound = LoopBound(started, loop: request.loop)
                    stream.withLock { $0 = bound }
                }
            },
            Route(.get, "/held") { [self] _, responder in held.post(responder) },
            Route(.get, "/refused", isStream: true) { _, responder in responder.respond(Response(.unauthorized)) },
        ])
    }

    func write(_ text: String) -> Int {
        guard let stream = stream.withLock({ $0 })?.value else { return -2 }
        var bytes = Array(text.utf8)
        return unsafe bytes.withUnsafeMutableBytes { buffer in
            var vector = unsafe iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
            return unsafe withUnsafePointer(to: &vector) { pointer in
                unsafe stream.write(UnsafeBufferPointer(start: pointer, count: 1))
            }
        }
    }

    func end() { stream.withLock { $0 }?.value.end() }

    private final class Delegate: ResponseStreamDelegate {
        private let events: Mailbox<String>

        init(_ events: Mailbox<String>) { self.events = events }

        func streamWritable(_ stream: ResponseStream) { events.post("writable") }

        func streamClosed(_ stream: ResponseStream, reason: ResponseStream.End) { events.post("closed(\(reason))") }
    }
}
