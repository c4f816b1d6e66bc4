import Foundation
import Testing

/// The dashboard's files, and nothing else of the disk.
@Suite(
    .server { files in
        let manager = FileManager.default
        for folder in ["public/sub", "public/.hidden", "public/empty", "outside"] {
            try manager.createDirectory(atPath: files.file(folder), withIntermediateDirectories: true)
        }
        try files.write("<!doctype html><title>front</title>", to: "public/index.html")
        for name in [
            "app.js", "style.css", "icon.svg", "data.json", "plain.txt", "odd.xyz", "noending", "sub/page.html",
            "a b.txt", "é.txt", "..double.txt", "tail..txt",
        ] {
            try files.write("content of \(name)", to: "public/\(name)")
        }
        for name in ["public/.env", "public/.hidden/key.txt", "outside/key.txt", "key.txt"] {
            try files.write("SECRET", to: name)
        }
        try manager.createSymbolicLink(
            atPath: files.file("public/link.txt"), withDestinationPath: files.file("key.txt"))
        try manager.createSymbolicLink(atPath: files.file("public/passwd"), withDestinationPath: "/etc/passwd")
        try manager.createSymbolicLink(atPath: files.file("public/dir"), withDestinationPath: files.file("outside"))
        try manager.createSymbolicLink(atPath: files.file("public/within.txt"), withDestinationPath: "plain.txt")
        return ["TIDELINE_SERVER_PUBLIC_DIRECTORY": files.file("public")]
    })
struct StaticFileTests {
    private func get(_ path: String, _ headers: [String: String] = [:]) async throws -> HTTPReply {
        try await SuiteServer.running.client().get(path, headers)
    }

    @Test(arguments: [
        ("/", "text/html; charset=utf-8"), ("/index.html", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"), ("/icon.svg", "image/svg+xml"), ("/data.json", "application/json"),
        ("/plain.txt", "text/plain; charset=utf-8"), ("/odd.xyz", "application/octet-stream"),
        ("/noending", "application/octet-stream"), ("/sub/page.html", "text/html; charset=utf-8"),
        ("/a%20b.txt", "text/plain; charset=utf-8"), ("/%C3%A9.txt", "text/plain; charset=utf-8"),
        ("/tail..txt", "text/plain; charset=utf-8"), ("/app.js?v=1", "text/javascript; charset=utf-8"),
        ("/s%75b/page.html", "text/html; charset=utf-8"),
    ])
    func `S4-20 · a file has its media type and its protections`(path: String, type: String) async throws {
        let reply = try await get(path)

        #expect(reply.status == 200 && reply.header("Content-Type") == type)
        #expect(reply.header("X-Content-Type-Options") == "nosniff")
        #expect(reply.header("Content-Security-Policy")?.contains("default-src 'self'") == true)
        #expect(reply.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
        #expect(reply.header("Referrer-Policy") == "no-referrer" && reply.header("Cache-Control") == "no-cache")
    }

    @Test func `S4-20 · a file is not sent to those who have it`() async throws {
        let first = try await get("/app.js")
        let tag = try #require(first.header("ETag"))

        for field in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let again = try await get("/app.js", ["If-None-Match": field])
            #expect(again.status == 304 && again.body.isEmpty && again.header("ETag") == tag, "\(field)")
        }
        for field in ["\"x\"", "", "x" + tag, "nonsense"] {
            #expect(try await get("/app.js", ["If-None-Match": field]).status == 200, "\(field)")
        }
        #expect(try await get("/style.css").header("ETag") != tag)
        #expect(tag.hasPrefix("\""))
    }

    /// Every way we know to write a path that leaves the root or names what is hidden in it.
    static let traversals: [String] = {
        let dots = [
            "..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae",
            "%uff0e%uff0e", "..;", "...", "....", ".. ", "..%00", "..%20", "..%09",
        ]
        let slashes = ["/", "%2f", "%2F", "\\", "%5c", "%5C", "%252f", "%c0%af", "%e0%80%af", "//", "/./", "%00/"]
        let products = dots.flatMap { dot in slashes.map { "/\(dot)\($0)key.txt" } }
        let deep = dots.prefix(6).flatMap { dot in
            ["/", "%2f", "\\"].map {
                "/sub/" + Array(repeating: dot, count: 8).joined(separator: $0) + "\($0)etc/passwd"
            }
        }
        return products + deep + [
            "/.env", "/%2eenv", "/.hidden/key.txt", "/%2ehidden/key.txt", "/sub/../.env", "/./.env", "/.", "/..",
            "/%2e", "/./",
            "/..double.txt", "/link.txt", "/passwd", "/dir/key.txt", "/dir/", "/dir", "/sub", "/sub/", "/empty",
            "/empty/",
            "/sub/../plain.txt", "/./plain.txt", "//plain.txt", "/sub//page.html", "/plain.txt/", "/plain.txt/x",
            "/plain.txt%00",
            "/plain.txt%00.html", "/plain.txt%2f", "/plain.txt.", "/plain.txt%20", "/PLAIN.TXT", "/%", "/%2", "/%zz",
            "/%ff", "/~root",
            "/etc/passwd", "//etc/passwd", "/%2fetc%2fpasswd", "/file:///etc/passwd", "/proc/self/environ",
            "/a%2520b.txt", "/a+b.txt",
            "/index.html\\", "/sub%2fpage.html", "/sub%5cpage.html",
            "/" + String(repeating: "sub/", count: 100) + "page.html",
            "/" + String(repeating: "x", count: 300), "/C:/windows/win.ini", "/tideline.db", "/app.js:$DATA",
            "/app.js~", "/%0aplain.txt", "/plain.txt%0d%0aSet-Cookie:x",
        ]
    }()

    @Test func `S4-15 · no spelling of a path reaches a foreign or hidden file`() async throws {
        let client = try SuiteServer.running.client()
        for path in Self.traversals {
            let reply = try await client.get(path.replacing(" ", with: "%20"))

            #expect(reply.status == 404 || reply.status == 400, "\(path): \(reply.status)")
            #expect(
                !reply.text.contains("SECRET") && !reply.text.contains("root:") && !reply.text.contains("content of"),
                "\(path)")
            #expect(reply.header("Set-Cookie") == nil && reply.header("Location") == nil, "\(path)")
        }
    }

    @Test func `S4-15 · a raw path that no client would send reaches nothing either`() async throws {
        for target in [
            "/../key.txt", "/sub/../../key.txt", "http://x/../key.txt", "http://x/%2e%2e/key.txt", "/..\\key.txt",
        ] {
            let connection = try await SuiteServer.running.connect()
            try await connection.send("GET \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answer = String(decoding: try await connection.readToEnd(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 404 ") && !answer.contains("SECRET"), "\(target)")
        }
    }

    @Test func `S4-20 · a link that stays inside is followed or not there, never anything else`() async throws {
        let reply = try await get("/within.txt")

        #expect(reply.status == 404 || reply.text == "content of plain.txt")
    }

    @Test func `S4-20 · a changed file gets a new tag`() async throws {
        let files = try SuiteServer.files
        try files.write("one", to: "public/changing.txt")
        let first = try await get("/changing.txt")

        try files.write("two!", to: "public/changing.txt")
        // The cache looks at the disk at most once a second; until then the old file may come, never a mixture.
        var second = try await get("/changing.txt")
        let end = ContinuousClock.now + .seconds(5)
        while second.text == "one", ContinuousClock.now < end { second = try await get("/changing.txt") }

        #expect(second.text == "two!" && second.header("ETag") != first.header("ETag"))
    }

    @Test func `S4-20 · a file is neither posted to nor deleted`() async throws {
        let client = try SuiteServer.running.client()
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let reply = try await client.send(method, "/plain.txt", [:], Array("x".utf8))
            try expectProblem(reply, 405, "method_not_allowed", path: "/plain.txt")
        }
        #expect(try await get("/plain.txt").text == "content of plain.txt")
    }

    @Test func `S4-15 · answers of the API are not sniffed either`() async throws {
        for path in ["/healthz", "/api/nothing", "/api/me", "/metrics", "/nothing.html"] {
            #expect(try await get(path).header("X-Content-Type-Options") == "nosniff", "\(path)")
        }
    }
}
