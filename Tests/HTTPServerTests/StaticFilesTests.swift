import Glibc
import HTTPProtocol
import HTTPServer
import Testing

struct StaticFilesTests {
    @Test func `the root is the index page, with its policy`() throws {
        let folder = Folder(["index.html": "<p>hi</p>"])
        let client = try serve(folder)

        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = client.answer()

        #expect(answer?.body == "<p>hi</p>")
        #expect(answer?.fields["content-type"] == "text/html; charset=utf-8")
        #expect(
            answer?.fields["content-security-policy"]
                == "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; object-src 'none'")
        #expect(answer?.fields["x-content-type-options"] == "nosniff")
        #expect(answer?.fields["cache-control"] == "no-cache")
        #expect(answer?.fields["referrer-policy"] == "no-referrer")
    }

    @Test(arguments: [
        ("a.js", "text/javascript; charset=utf-8"), ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"), ("a.json", "application/json"), ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"), ("a.ico", "image/x-icon"), ("a.woff2", "font/woff2"),
        ("a.txt", "text/plain; charset=utf-8"), ("a.js.map", "application/json"),
        ("a.webmanifest", "application/manifest+json"), ("A.JS", "text/javascript; charset=utf-8"),
        ("a.exe", "application/octet-stream"), ("noending", "application/octet-stream"),
    ])
    func `the ending of a name gives the media type`(name: String, type: String) throws {
        let client = try serve(Folder([name: "x"]))

        client.send("GET /\(name) HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(client.answer()?.fields["content-type"] == type)
    }

    @Test func `a known tag is a 304 and a changed file is not`() throws {
        let folder = Folder(["a.txt": "one"])
        let client = try serve(folder)
        client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        let tag = client.answer()?.fields["etag"] ?? "none"

        for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: \(condition)\r\n\r\n")
            let answer = client.answer()
            #expect(answer?.status == 304)
            #expect(answer?.fields["etag"] == tag)
            #expect(answer?.fields["content-length"] == nil)
        }
        client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\"\r\n\r\n")

        #expect(client.answer()?.body == "one")
    }

    @Test func `HEAD is GET without the body, and other methods are refused`() throws {
        let client = try serve(Folder(["a.txt": "one"]))

        client.send("HEAD /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = client.answer(toHead: true)
        client.send("POST /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        let post = client.answer()

        #expect(head?.fields["content-length"] == "3")
        #expect(post?.status == 405)
        #expect(post?.fields["allow"] == "GET, HEAD, OPTIONS")
    }

    @Test(arguments: [
        "/../secret", "/%2e%2e/secret", "/%2E%2E%2Fsecret", "/..%2fsecret", "/sub/../../secret",
        "/sub/%2e%2e/%2e%2e/secret",
        "/.hidden", "/%2ehidden", "/sub/.hidden", "/..\\secret", "/%5c..%5csecret", "//secret", "/.", "/..", "/sub",
        "/sub/", "/a.txt/", "/a.txt%00", "/a.txt%0a", "/%c0%ae%c0%ae/secret", "/link-out", "/dir-out/secret",
        "/nothing",
        "/%zz", "/fifo",
    ])
    func `nothing outside the root and no dotfile is served`(path: String) throws {
        let folder = Folder(["pub/a.txt": "one", "pub/.hidden": "h", "pub/sub/.hidden": "h", "secret": "s"])
        folder.link("pub/link-out", to: "../secret")
        folder.link("pub/dir-out", to: "..")
        folder.makeFIFO("pub/fifo")
        let client = try serve(folder, at: "pub")

        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(client.answer()?.status == 404)
    }

    @Test func `a link that stays inside works`() throws {
        let folder = Folder(["pub/a.txt": "one"])
        folder.link("pub/b.txt", to: "a.txt")
        let client = try serve(folder, at: "pub")

        client.send("GET /b.txt HTTP/1.1\r\nHost: a\r\n\r\n")

        #expect(client.answer()?.body == "one")
    }

    @Test func `a file larger than the cache is served`() throws {
        let text = String(repeating: "0123456789abcdef", count: 327_680)
        let client = try serve(Folder(["big.txt": text]))

        client.send("GET /big.txt HTTP/1.1\r\nHost: a\r\n\r\n")

        // Not compared in place: a failure would print both.
        let isEqual = client.answer()?.body == text
        #expect(isEqual)
    }

    @Test func `a root that is no directory is refused`() {
        #expect(StaticFiles(root: "/nowhere/at/all") == nil)
    }

    private func serve(_ folder: Folder, at path: String = "") throws -> ServedClient {
        let files = try #require(StaticFiles(root: folder.path + "/" + path))
        let server = try TestServer(TestApplication([], fallback: files.route))
        return ServedClient(folder: folder, server: server, client: server.connect())
    }
}

/// A client that keeps its server and folder alive.
private struct ServedClient {
    let folder: Folder
    let server: TestServer
    let client: TestClient

    func send(_ text: String) { client.send(text) }
    func answer(toHead isHead: Bool = false) -> TestClient.Answer? { client.answer(toHead: isHead) }
}

/// A temporary directory with files, removed at the end.
private final class Folder {
    let path: String
    private var made: [String] = []

    init(_ files: KeyValuePairs<String, String>) {
        var template = Array("/tmp/tideline-files-XXXXXX".utf8CString)
        path = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { return "" }
            return unsafe String(cString: made)
        }
        for (name, text) in files {
            var directory = path
            for part in name.split(separator: "/").dropLast() {
                directory += "/\(part)"
                if unsafe mkdir(directory, 0o700) == 0 { made.append(directory) }
            }
            let file = unsafe open(path + "/" + name, O_CREAT | O_WRONLY, 0o600)
            let bytes = Array(text.utf8)
            _ = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
            close(file)
            made.append(path + "/" + name)
        }
    }

    deinit {
        for item in made.reversed() { unsafe remove(item) }
        unsafe remove(path)
    }

    func link(_ name: String, to target: String) {
        unsafe symlink(target, path + "/" + name)
        made.append(path + "/" + name)
    }

    func makeFIFO(_ name: String) {
        unsafe mkfifo(path + "/" + name, 0o600)
        made.append(path + "/" + name)
    }
}
