import Networking
import Testing

@testable import TidelineService

struct BlockingHTTPClientTests {
    @Test func `requests share one connection`() throws {
        let server = try CannedServer { CannedServer.reply(200, $0.target) }
        defer { server.stop() }
        let client = BlockingHTTPClient(.unix(path: server.path), bearer: "t0k")

        let first = try client.exchange(.get("/a"))
        let second = try client.exchange(ClientRequest("POST", "/b", mediaType: "text/plain", body: Array("hi".utf8)))

        #expect(first.body == Array("/a".utf8) && second.body == Array("/b".utf8))
        #expect(server.requests.map(\.connection) == [1, 1])
        #expect(server.requests[0].head.contains("\r\nAuthorization: Bearer t0k"))
        #expect(server.requests[0].head.contains("\r\nHost: localhost"))
        #expect(server.requests[1].body == Array("hi".utf8))
        #expect(server.requests[1].head.contains("\r\nContent-Type: text/plain"))
    }

    @Test func `a connection that the server gave up is made anew`() throws {
        let server = try CannedServer(closesAfterEach: true) { CannedServer.reply(200, $0.target) }
        defer { server.stop() }
        let client = BlockingHTTPClient(.unix(path: server.path))

        let replies = try (1...3).map { try client.exchange(.get("/\($0)")).body }

        #expect(replies == ["/1", "/2", "/3"].map { Array($0.utf8) })
        #expect(server.requests.map(\.connection) == [1, 2, 3])
    }

    @Test func `the halves of an exchange leave time between`() throws {
        let server = try CannedServer { CannedServer.reply(200, $0.target) }
        defer { server.stop() }
        let client = BlockingHTTPClient(.unix(path: server.path))
        try client.begin(.get("/slow"))
        var prepared = 0

        for number in 1...1000 { prepared += number }
        let reply = try client.finish()

        #expect(prepared == 500_500)
        #expect(reply.status == 200)
    }

    @Test func `large bodies pass both ways`() throws {
        let server = try CannedServer { CannedServer.reply(200, String(decoding: $0.body, as: UTF8.self)) }
        defer { server.stop() }
        let client = BlockingHTTPClient(.unix(path: server.path))
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)

        let reply = try client.exchange(ClientRequest("POST", "/", body: body))

        #expect(reply.body == body)
    }

    @Test func `a server that says nothing is given up`() throws {
        let server = try CannedServer { _ in Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".utf8) }
        defer { server.stop() }
        let address = SocketAddress.unix(path: server.path)
        let client = BlockingHTTPClient(address, timeout: .milliseconds(50))

        #expect(throws: ClientFailure.timedOut(address)) { try client.exchange(.get("/")) }
    }

    @Test func `a server that closes without an answer fails the request`() throws {
        let server = try CannedServer { _ in [] }
        defer { server.stop() }
        let address = SocketAddress.unix(path: server.path)

        #expect(throws: ClientFailure.closed(address)) { try BlockingHTTPClient(address).exchange(.get("/")) }
    }

    @Test func `where nobody listens there is no connection`() {
        let address = SocketAddress.unix(path: "/tmp/tideline-nobody.sock")

        #expect(throws: ClientFailure.unreachable(address, errno: 2)) {
            try BlockingHTTPClient(address).exchange(.get("/"))
        }
    }
}
