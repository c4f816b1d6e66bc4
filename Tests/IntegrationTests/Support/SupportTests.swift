import Foundation
import ServerSentEvents
import Testing

/// Shows that the support itself works, against a server of a few lines that is not ours.
struct SupportTests {
    /// Speaks as much HTTP as the support must understand; `/stream` sends what `?` says, chunked, in small pieces.
    private static let server = """
        import http.server, sys, time
        class H(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(self, *a): pass
            def answer(self, body, kind='text/plain'):
                self.send_response(200); self.send_header('Content-Type', kind)
                self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
            def do_GET(self):
                if self.path == '/stream':
                    self.send_response(200); self.send_header('Content-Type', 'text/event-stream')
                    if self.request_version == 'HTTP/1.1': self.send_header('Transfer-Encoding', 'chunked')
                    self.end_headers()
                    text = b'retry: 700\\n\\nid: e-1\\nevent: connected\\ndata: {"a":1}\\n\\nid: e-2\\n\\nevent: stats\\ndata: {}\\n\\n'
                    for i in range(0, len(text), 7):
                        part = text[i:i+7]
                        if self.request_version == 'HTTP/1.1': part = b'%x\\r\\n%s\\r\\n' % (len(part), part)
                        self.wfile.write(part); self.wfile.flush()
                    if self.request_version == 'HTTP/1.1': self.wfile.write(b'0\\r\\n\\r\\n')
                    self.close_connection = True
                elif self.path == '/late':
                    self.answer(b'<title>old</title><script>setTimeout(() => { document.title = "new"; console.warn("w-7"); }, 300)</script>', 'text/html')
                elif self.path == '/refuse': self.send_error(503)
                else: self.answer(self.path.encode())
            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers['Content-Length'])) + self.headers.get('Authorization', '').encode())
        s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)
        print(s.server_address[1], flush=True)
        s.serve_forever()
        """

    private func start() async throws -> (process: ChildProcess, port: Int) {
        let process = try ChildProcess("/usr/bin/env", ["python3", "-c", Self.server])
        let (_, line) = try await process.output.first { _ in true }
        return (process, try #require(Int(line)))
    }

    @Test func `a client keeps its connection and posts with its token`() async throws {
        let (process, port) = try await start()
        let client = HTTPTestClient(port: port, token: "t")

        let first = try await client.get("/one")
        let second = try await client.post("/two", ["a": [1, "x"]])

        #expect(first.status == 200 && first.text == "/one")
        #expect(second.text == #"{"a":[1,"x"]}Bearer t"#)
        #expect(await client.connectionsOpened == 1)
        process.terminate()
        #expect(try await process.waitExit() == 128 + 15)
    }

    @Test(arguments: [false, true]) func `a stream is read to its clean end, chunked or not`(throughProxy: Bool)
        async throws
    {
        let (process, port) = try await start()
        let proxy = throughProxy && NginxProxy.isInstalled ? try await NginxProxy.start(upstreamPort: port) : nil
        let stream = try await StreamReader.open(port: proxy?.port ?? port, path: "/stream")

        let connected = try await stream.next("connected")
        let end = try await stream.waitEnd()

        #expect(connected.json["a"].int == 1 && connected.id == "e-1")
        #expect(stream.events.map(\.type) == ["connected", "stats"])
        #expect(stream.lastEventID == "e-2" && stream.retry == 700 && end == .clean)
        try await proxy?.stop()
        process.kill()
    }

    @Test func `a refused stream tells the answer, and what does not come fails in time`() async throws {
        let (process, port) = try await start()

        let refusal = await #expect(throws: StreamRefusal.self) {
            try await StreamReader.open(port: port, path: "/refuse")
        }
        let stream = try await StreamReader.open(port: port, path: "/stream")
        await #expect(throws: WaitError.self) { try await stream.next("never", within: .seconds(5)) }
        let mute = try await RawConnection.open(port: port, receiveBuffer: 2_048)
        await #expect(throws: ConnectionError.self) { try await mute.read(within: .milliseconds(50)) }

        #expect(refusal?.reply.status == 503)
        mute.reset()
        process.kill()
    }

    @Test func `a half-closed connection still reads, a request byte by byte is answered`() async throws {
        let (process, port) = try await start()
        let connection = try await RawConnection.open(port: port)

        for byte in "GET /x HTTP/1.0\r\n\r\n".utf8 { try await connection.send([byte]) }
        connection.finishSending()
        let answer = try await connection.readToEnd()

        #expect(String(decoding: answer, as: UTF8.self).hasSuffix("\r\n\r\n/x"))
        process.kill()
    }

    @Test func `the digest and its token are those of the standards`() throws {
        let hex = { (bytes: [UInt8]) in bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

        let digest = SHA256.digest(Array("abc".utf8))
        // RFC 4231, test case 2.
        let code = SHA256.authenticate(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))

        #expect(hex(digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(TestToken(user: "u", workspaces: [:]).signed(with: "k").split(separator: ".").count == 3)
    }

    @Test(.enabled(if: Chromium.isInstalled)) func `a browser is driven and ends with its test`() async throws {
        let (process, port) = try await start()
        let browser = try await Chromium.start()

        try await browser.open("http://127.0.0.1:\(port)/late")
        try await browser.wait(until: "document.title === 'new'")
        let console = try await browser.console()
        let directory = try TemporaryDirectory("shot")
        try await browser.screenshot(to: directory.file("page.png"))

        #expect(console.contains { $0.message.contains("w-7") })
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("page.png"))).count > 1_000)
        try await browser.quit()
        process.kill()
    }

    @Test func `the program under test is found beside the tests`() throws {
        #expect(try BuiltProduct.path("tideline").hasSuffix("/tideline"))
    }
}
