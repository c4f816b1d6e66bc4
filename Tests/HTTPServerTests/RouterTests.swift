import HTTPProtocol
import HTTPServer
import Testing

struct RouterTests {
    static let router: Router = {
        var router = Router()
        let patterns: [(Method, String)] = [
            (.get, "/"), (.get, "/api/workspaces"), (.post, "/api/workspaces"), (.get, "/api/workspaces/:w"),
            (.get, "/api/workspaces/mine"), (.get, "/api/workspaces/:w/events"),
            (.delete, "/api/workspaces/:w/streams/:id"), (.options, "/api/custom"), (.get, "/api/:x/tail"),
        ]
        for (method, pattern) in patterns { router.add(Route(method, pattern) { _, _ in }) }
        return router
    }()

    @Test(arguments: [
        ("GET /", "/"), ("GET /api/workspaces", "/api/workspaces"), ("GET /api/workspaces/", "/api/workspaces"),
        ("HEAD /api/workspaces", "/api/workspaces"), ("GET /api/workspaces/mine", "/api/workspaces/mine"),
        ("GET /api/workspaces/a?b=c", "/api/workspaces/:w"),
        ("GET /api/%77orkspaces/mine/events", "/api/workspaces/:w/events"),
        ("GET /api/workspaces/tail", "/api/workspaces/:w"), ("GET /api/other/tail/", "/api/:x/tail"),
        ("OPTIONS /api/custom", "/api/custom"),
    ])
    func `a path finds its pattern`(request: String, pattern: String) throws {
        guard case .route(let route, _) = Self.router.match(try head(request)) else {
            Issue.record("no route")
            return
        }
        #expect(route.pattern == pattern)
    }

    @Test func `named segments are decoded after the path was cut`() throws {
        let head = try head("DELETE /api/workspaces/a%2Fb/streams/%C3%BC/")

        guard case .route(_, let parameters) = Self.router.match(head) else {
            Issue.record("no route")
            return
        }
        #expect(parameters["w"] == "a/b")
        #expect(parameters["id"] == "ü")
        #expect(parameters["x"] == nil)
    }

    @Test(
        arguments: [
            ("GET /nowhere", HTTPFault.notFound), ("GET /api", .notFound), ("GET //api/workspaces", .notFound),
            ("GET /api//workspaces", .notFound), ("GET /api/workspaces//events", .notFound),
            ("GET /api/workspaces/%zz", .malformedTarget), ("GET /api/workspaces/%00", .malformedTarget),
            ("PUT /api/workspaces", .methodNotAllowed(allow: [.get, .head, .post, .options])),
            ("DELETE /api/workspaces/a", .methodNotAllowed(allow: [.get, .head, .options])),
            ("HEAD /api/custom", .methodNotAllowed(allow: [.options])),
            ("FROB /api/workspaces", .notImplemented),
            ("TRACE /api/workspaces/a", .methodNotAllowed(allow: [.get, .head, .options])),
        ] as [(String, HTTPFault)])
    func `what has no route is a fault`(request: String, expected: HTTPFault) throws {
        guard case .fault(let fault) = Self.router.match(try head(request)) else {
            Issue.record("a match")
            return
        }
        #expect(fault == expected)
    }

    @Test(arguments: [
        ("OPTIONS /api/workspaces", [Method.get, .head, .post, .options]),
        ("OPTIONS /api/workspaces/a/streams/b", [.delete, .options]),
        ("OPTIONS *", [.get, .head, .post, .put, .patch, .delete, .options]),
    ])
    func `OPTIONS is answered with what is allowed`(request: String, expected: [Method]) throws {
        guard case .options(let allow) = Self.router.match(try head(request)) else {
            Issue.record("no answer")
            return
        }
        #expect(allow == expected)
    }

    private func head(_ request: String) throws -> RequestHead {
        var parser = HTTP1Parser()
        let bytes = Array("\(request) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        guard case .head(let head, _) = try parser.parse(bytes.span) else { throw HTTP1Error.malformedRequestLine }
        return head
    }
}
