import HTTPProtocol
import HTTPServer
import Telemetry
import Testing

struct TimeoutTests {
    private static let settings = HTTPServerSettings(
        headTimeout: .milliseconds(60), bodyTimeout: .milliseconds(60), idleTimeout: .milliseconds(120))

    @Test func `a head that does not end is answered with 408`() throws {
        let server = try TestServer(TestApplication.echo(), settings: Self.settings)
        let client = server.connect()

        client.send("GET /hello/a HTTP/1.1\r\nHost:")
        let answer = client.answer()

        #expect(answer?.status == 408)
        #expect(answer?.fields["connection"] == "close")
        #expect(client.readToEnd() == "")
    }

    @Test func `a body that does not end is answered with 408`() throws {
        let server = try TestServer(TestApplication.echo(), settings: Self.settings)
        let client = server.connect()

        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab")

        #expect(client.answer()?.status == 408)
        #expect(client.readToEnd() == "")
    }

    @Test func `a silent connection is closed without a word`() throws {
        let server = try TestServer(TestApplication.echo(), settings: Self.settings)
        let client = server.connect()

        #expect(client.readToEnd() == "")
        #expect(!client.wasReset)
    }

    @Test func `an idle connection is closed without a word after its last answer`() throws {
        let server = try TestServer(TestApplication.echo(), settings: Self.settings)
        let client = server.connect()

        client.send("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = client.answer()

        #expect(answer?.body == "a")
        #expect(client.readToEnd() == "")
        let text = String(decoding: server.metrics.prometheusText(), as: UTF8.self)
        #expect(text.contains("tideline_http_timeouts_total{waiting_for=\"idle\"} 1"))
    }
}
