import Foundation
import Testing

/// A bearer token lets in who it was made for, and nobody by any other means.
@Suite(.server()) struct TokenTests {
    /// What each endpoint is asked with a bad credential.
    private static let requests: [(String, String, [String: String], String?)] = [
        ("GET", ServerProcess.realtime("tok"), [:], nil),
        ("GET", ServerProcess.realtime("tok"), ["Accept": "text/event-stream"], nil),
        ("POST", ServerProcess.realtime("tok"), ["Content-Type": "application/json"], #"{"eventType":"forged.event"}"#),
        ("DELETE", ServerProcess.realtime("tok"), [:], nil), ("GET", "/api/workspaces/tok/events", [:], nil),
        (
            "POST", "/api/workspaces/tok/events", ["Content-Type": "application/json"],
            #"[{"eventType":"forged.event"}]"#
        ),
        ("GET", "/api/me", [:], nil), ("POST", "/api/session", [:], nil),
    ]

    /// Sends every request with `authorization`, and expects each to be refused with `code`.
    private func expectRefused(_ authorization: String?, _ code: String, _ secret: String = "") async throws {
        let client = try SuiteServer.running.client()
        for (method, path, headers, body) in Self.requests {
            var fields = headers
            fields["Authorization"] = authorization
            let reply = try await client.send(method, path, fields, body.map { Array($0.utf8) })

            try expectProblem(reply, 401, code, path: path, "\(method) \(path): \(reply.status) \(reply.text)")
            let challenge = reply.header("WWW-Authenticate") ?? ""
            #expect(challenge.hasPrefix(#"Bearer realm="tideline""#))
            #expect(challenge.contains(#"error="invalid_token""#) == (code != "unauthenticated"))
            if secret.count > 8 { #expect(!reply.text.contains(secret) && !challenge.contains(secret)) }
        }
    }

    /// Nothing that a refused request asked for has happened.
    private func expectNothingStored() async throws {
        let client = try SuiteServer.running.client(user: "op", workspaces: ["tok": "admin"])
        #expect(try await client.events("tok", types: "forged.event") == [])
    }

    @Test func `S4-15 · a request without a credential is refused`() async throws {
        try await expectRefused(nil, "unauthenticated")
        try await expectNothingStored()
    }

    @Test(arguments: [
        "Bearer", "Bearer ", "Basic YWRhOnB3", "Token x", "Bearer x", "Bearer a.b", "Bearer a.b.c", "Bearer a.b.c.d",
        "Bearer ..",
        "bearer", "Bearer\t", "Digest username=\"ada\"", "Bearer \u{FF}.\u{FF}.\u{FF}", "Bearer tl_",
        "Bearer tl_short_secret",
        "Bearer tl_aaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Bearer TL_aaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ])
    func `S4-15 · a malformed credential is refused`(authorization: String) async throws {
        try await expectRefused(authorization, "invalid_token")
    }

    /// A token that must not pass, and how it is made from one that would.
    struct Forgery: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var code = "invalid_token"
        let make: @Sendable (TestToken) -> String

        init(_ name: String, code: String = "invalid_token", _ make: @escaping @Sendable (TestToken) -> String) {
            testDescription = name
            self.code = code
            self.make = make
        }

        /// A token with a good signature and a changed header or claim.
        static func header(_ name: String, _ value: TestJSON?) -> Forgery {
            Forgery("\(name) \(value?.text ?? "missing")") { token in
                var token = token
                token.header[name] = value
                return token.signed(with: ServerProcess.secret)
            }
        }

        static func claim(_ name: String, _ value: TestJSON?, code: String = "invalid_token") -> Forgery {
            Forgery("\(name) \(value?.text.prefix(40) ?? "missing")", code: code) { token in
                var token = token
                token.claims[name] = value
                return token.signed(with: ServerProcess.secret)
            }
        }
    }

    private static let now = Int64(Date().timeIntervalSince1970)

    static let forgeries: [Forgery] =
        [
            Forgery("another key") { $0.signed(with: "another-secret-of-more-than-thirty-two-bytes") },
            Forgery("an empty key") { $0.signed(with: "") },
            Forgery("no signature") {
                String($0.signed(with: ServerProcess.secret).split(separator: ".").prefix(2).joined(separator: "."))
                    + "."
            },
            Forgery("a cut signature") { String($0.signed(with: ServerProcess.secret).dropLast(2)) },
            Forgery("a longer signature") { $0.signed(with: ServerProcess.secret) + "AAAA" },
            Forgery("a blank behind") { $0.signed(with: ServerProcess.secret) + " x" },
            Forgery("padding") { $0.signed(with: ServerProcess.secret) + "=" },
            Forgery("a changed payload") { token in
                var other = token
                other.claims["workspaces"] = ["tok": "admin", "*": "admin"]
                let parts = token.signed(with: ServerProcess.secret).split(separator: ".")
                let payload = other.signed(with: ServerProcess.secret).split(separator: ".")[1]
                return "\(parts[0]).\(payload).\(parts[2])"
            },
            Forgery("alg none without a signature") { token in
                var token = token
                token.header["alg"] = "none"
                return token.signed(with: "").split(separator: ".").prefix(2).joined(separator: ".") + "."
            },
            Forgery("a payload that is no JSON") { token in
                let head = TestToken.encoded(Array(TestJSON.object(token.header).text.utf8))
                return Self.signed(head + "." + TestToken.encoded(Array("nonsense".utf8)))
            },
            Forgery("a claim twice") { token in
                let head = TestToken.encoded(Array(TestJSON.object(token.header).text.utf8))
                let claims = TestJSON.object(token.claims).text.dropLast() + #","sub":"root"}"#
                return Self.signed(head + "." + TestToken.encoded(Array(claims.utf8)))
            },
            Forgery("a header that is an array") { token in
                Self.signed(
                    TestToken.encoded(Array("[]".utf8)) + "."
                        + TestToken.encoded(Array(TestJSON.object(token.claims).text.utf8)))
            },
        ]
        + ["none", "None", "NONE", "nOnE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA"].map {
            .header("alg", $0)
        }
        + [
            .header("alg", nil), .header("alg", 7), .header("typ", "JWE"), .header("crit", ["exp"]),
            .header("crit", []),
            .claim("exp", nil), .claim("exp", "9999999999"), .claim("exp", .number(9_999_999_999.5)),
            .claim("exp", .integer(now * 1_000)),
            .claim("exp", -1), .claim("exp", .null), .claim("exp", 0, code: "token_expired"),
            .claim("exp", .integer(now - 120), code: "token_expired"), .claim("nbf", .integer(now + 600)),
            .claim("nbf", "soon"),
            .claim("iat", .integer(now + 600)), .claim("iat", "now"), .claim("sub", nil), .claim("sub", ""),
            .claim("sub", 7),
            .claim("sub", "a/b"), .claim("sub", "a\nb"), .claim("sub", .string(String(repeating: "x", count: 65))),
            .claim("name", 7),
            .claim("workspaces", ["tok": "root"]), .claim("workspaces", ["tok": "Admin"]),
            .claim("workspaces", ["tok": true]),
            .claim("workspaces", ["tok"]), .claim("workspaces", "tok"), .claim("workspaces", ["a b": "admin"]),
            .claim("workspaces", ["": "admin"]), .claim("aud", "tideline:session"),
            .claim("aud", ["x", "tideline:login"]), .claim("aud", 7),
            .claim("name", .string(String(repeating: "x", count: 20_000))),
        ]

    private static func signed(_ content: String) -> String {
        content + "."
            + TestToken.encoded(SHA256.authenticate(Array(content.utf8), key: Array(ServerProcess.secret.utf8)))
    }

    @Test(arguments: forgeries)
    func `S4-15 · a forged, expired or misdirected token is refused everywhere`(forgery: Forgery) async throws {
        let token = forgery.make(TestToken(user: "mallory", workspaces: ["tok": "admin"]))

        try await expectRefused("Bearer \(token)", forgery.code, token)
        try await expectNothingStored()
    }

    @Test func `S4-15 · two credentials in one request are refused`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["tok": "member"])
        let connection = try await server.connect()

        try await connection.send(
            "GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nAuthorization: Bearer \(token)\r\n\r\n"
        )

        #expect(try await HTTPReply.head(from: connection, within: .seconds(10)).status == 401)
    }

    @Test(arguments: ["ticket", "token", "access_token"])
    func `S4-15 · a token in the query counts for nothing`(name: String) async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["tok": "member"])

        let reply = try await server.client().get("\(ServerProcess.realtime("tok"))?\(name)=\(token)")

        #expect(reply.status == 401)
    }

    /// Tokens that look unusual and are good.
    static let unusual: [(String, String, TestJSON?)] = [
        ("claims", "nbf", .integer(now + 30)),
        ("claims", "iat", .integer(now + 30)),
        ("claims", "iat", nil), ("claims", "jti", nil), ("claims", "aud", "anything"), ("claims", "iss", "anyone"),
        ("claims", "extra", ["a": [1]]), ("claims", "name", "Ada \u{1F600}\n"), ("header", "typ", nil),
        ("header", "typ", "jwt"),
        ("header", "kid", "any"), ("header", "jku", "https://evil.test/keys"), ("claims", "sub", "A.b_c:d-9"),
    ]

    @Test(arguments: unusual)
    func `S4-15 · a token that is only unusual lets in`(part: String, name: String, value: TestJSON?) async throws {
        var token = TestToken(user: "ada", workspaces: ["tok": "member"])
        if part == "header" { token.header[name] = value } else { token.claims[name] = value }
        let client = try SuiteServer.running.client(token: token.signed(with: ServerProcess.secret))

        let reply = try await client.get(ServerProcess.realtime("tok"))

        #expect(reply.status == 200, "\(reply.text)")
    }

    @Test func `S4-15 · a token that ended within the leeway lets in`() async throws {
        var token = TestToken(user: "ada", workspaces: ["tok": "member"])
        // As of this moment: the suite may have begun a minute ago.
        token.claims["exp"] = .integer(Int64(Date().timeIntervalSince1970) - 30)
        let client = try SuiteServer.running.client(token: token.signed(with: ServerProcess.secret))

        #expect(try await client.get(ServerProcess.realtime("tok")).status == 200)
    }

    @Test(arguments: ["bearer ", "BEARER ", "bEaReR "])
    func `S4-15 · the scheme has any case`(scheme: String) async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["tok": "member"])

        #expect(try await server.client().get("/api/me", ["Authorization": scheme + token]).status == 200)
    }

    // MARK: Workspaces

    @Test func `S4-15 · a foreign workspace looks like none at all`() async throws {
        let server = try SuiteServer.running
        _ = try await server.client(user: "bob", workspaces: ["real-ws": "admin"]).track("real-ws", "here.event")
        let client = server.client(user: "ada", workspaces: ["tok": "admin"])
        let requests: [(String, String, String?)] = [
            ("GET", "analytics/realtime", nil), ("POST", "analytics/realtime", #"{"eventType":"foreign.event"}"#),
            ("POST", "analytics/realtime", "nonsense"), ("DELETE", "analytics/realtime", nil), ("GET", "events", nil),
            ("GET", "events?after=zzzzzzzzzz-1", nil), ("POST", "events", #"[{"eventType":"foreign.event"}]"#),
            ("POST", "events", "nonsense"),
        ]
        for (method, rest, body) in requests {
            for accept in ["application/json", "text/event-stream"] {
                var replies: [HTTPReply] = []
                for name in ["real-ws", "none-ws"] {
                    let headers = ["Accept": accept, "Content-Type": "application/json", "X-Request-Id": "same"]
                    replies.append(
                        try await client.send(
                            method, "/api/workspaces/\(name)/\(rest)", headers, body.map { Array($0.utf8) }))
                }

                try expectProblem(replies[0], 404, "not_found")
                #expect(replies[0].text.replacing("real-ws", with: "none-ws") == replies[1].text)
                let fields = replies.map {
                    $0.headers.filter { $0.name.lowercased() != "date" }.map { "\($0.name): \($0.value)" }
                }
                #expect(fields[0] == fields[1])
            }
        }
        let bob = server.client(user: "bob", workspaces: ["real-ws": "admin"])
        #expect(try await bob.events("real-ws", types: "foreign.event") == [])
    }

    @Test func `S4-15 · a stream of a foreign workspace is refused like a snapshot`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["tok": "member"])

        let refusal = await #expect(throws: StreamRefusal.self) { try await server.stream("unknown-ws", token: token) }

        #expect(refusal?.reply.status == 404)
    }

    @Test func `S4-15 · a token is good for each workspace it names, by id or slug`() async throws {
        let server = try SuiteServer.running
        let admin = server.client(user: "ada", workspaces: ["two-a": "admin", "two-b": "member"])
        _ = try await admin.track("two-a", "here.event")
        let renamed = try await ControlSocket.send(
            "POST", ServerProcess.realtime("two-a"),
            ["eventType": "workspace.updated", "eventData": ["slug": "two-slug"]], to: server)
        #expect(renamed.status == 200, "\(renamed.text)")
        _ = try await admin.track("two-b", "here.event")

        let bySlug = try await server.client(user: "bob", workspaces: ["two-slug": "member"]).get(
            ServerProcess.realtime("two-a"))
        let asSlug = try await admin.get(ServerProcess.realtime("two-slug"))

        #expect(try bySlug.json["meta"]["workspaceId"] == "two-a")
        #expect(try asSlug.json["meta"]["workspaceId"] == "two-a")
        #expect(try await admin.delete(ServerProcess.realtime("two-a") + "?hold=0s").status == 200)
        try expectProblem(try await admin.delete(ServerProcess.realtime("two-b")), 403, "forbidden")
    }

    @Test func `S4-15 · a slug may not be another workspace's name`() async throws {
        let server = try SuiteServer.running
        let admin = server.client(user: "ada", workspaces: ["slug-a": "admin", "slug-b": "admin"])
        _ = try await admin.track("slug-b", "here.event")

        let reply = try await admin.track("slug-a", "workspace.updated", ["slug": "slug-b"])

        try expectProblem(reply, 422, "invalid_payload", at: "/eventData/slug")
    }

    @Test(arguments: [("member", 403), ("ingest", 403), ("admin", 200)])
    func `S4-9 · only an admin closes streams`(role: String, status: Int) async throws {
        let client = try SuiteServer.running.client(user: "u", workspaces: ["close-\(role)": role])

        let reply = try await client.delete(ServerProcess.realtime("close-\(role)") + "?hold=0s")

        #expect(reply.status == status)
        if status == 403 { try expectProblem(reply, 403, "forbidden") }
        if status == 200 {
            #expect(
                try reply.json["success"] == true && reply.json["closedCount"] == 0
                    && reply.json["message"] == "Connections closed")
        }
    }

    @Test func `S4-15 · who was removed is out until a newer token`() async throws {
        let server = try SuiteServer.running
        let admin = server.client(user: "root", workspaces: ["removal": "admin"])
        let token = server.token(user: "ada", workspaces: ["removal": "member"])
        let ada = server.client(token: token)
        #expect(try await ada.track("removal", "here.event").status == 200)
        let stream = try await server.stream("removal", token: token)
        _ = try await stream.next("connected")

        _ = try await admin.track("removal", "member.removed", ["userId": "ada"])
        let end = try await stream.waitEnd()
        for path in [ServerProcess.realtime("removal"), "/api/workspaces/removal/events"] {
            try expectProblem(try await ada.get(path), 403, "forbidden", path: path)
        }
        try expectProblem(try await ada.track("removal", "late.event"), 403, "forbidden")
        var newer = TestToken(user: "ada", workspaces: ["removal": "member"])
        newer.claims["iat"] = .integer(Int64(Date().timeIntervalSince1970) + 5)
        let back = try await server.client(token: newer.signed(with: ServerProcess.secret)).track(
            "removal", "back.event")

        #expect(end == .clean)
        #expect(back.status == 200)
        #expect(try await admin.events("removal", types: "late.event") == [])
    }
}

/// Audience and issuer, where they are configured.
@Suite(.server(["TIDELINE_AUTH_JWT_AUDIENCE": "tideline.test", "TIDELINE_AUTH_JWT_ISSUER": "https://issuer.test"]))
struct TokenAudienceTests {
    static let cases: [(TestJSON?, TestJSON?, Int)] = [
        ("tideline.test", "https://issuer.test", 200), (["other", "tideline.test"], "https://issuer.test", 200),
        (nil, "https://issuer.test", 401),
        ("other", "https://issuer.test", 401), (["other"], "https://issuer.test", 401),
        ([], "https://issuer.test", 401),
        ("tideline.test.evil", "https://issuer.test", 401), ("Tideline.test", "https://issuer.test", 401),
        ("tideline.test", nil, 401),
        ("tideline.test", "https://issuer.test/", 401), ("tideline.test", ["https://issuer.test"], 401),
        (["tideline.test", 7], "https://issuer.test", 401),
    ]

    @Test(arguments: cases)
    func `S4-15 · a token for another audience or from another issuer is refused`(
        audience: TestJSON?, issuer: TestJSON?, status: Int
    ) async throws {
        var token = TestToken(user: "ada", workspaces: ["aud": "member"])
        token.claims["aud"] = audience
        token.claims["iss"] = issuer
        let reply = try await SuiteServer.running.client(token: token.signed(with: ServerProcess.secret)).get("/api/me")

        #expect(reply.status == status, "\(reply.text)")
        if status == 401 { try expectProblem(reply, 401, "invalid_token") }
    }
}

/// `auth.jwt.provision: false`: tokens make neither workspaces nor members.
@Suite(.server(["TIDELINE_AUTH_JWT_PROVISION": "false"])) struct ProvisioningTests {
    @Test func `S4-15 · a token that names an unknown workspace finds none`() async throws {
        let server = try SuiteServer.running
        for workspaces in [["ghost": "admin"], ["*": "admin"]] {
            let client = server.client(user: "ada", workspaces: workspaces)
            try expectProblem(try await client.get(ServerProcess.realtime("ghost")), 404, "not_found")
            try expectProblem(try await client.track("ghost", "ghost.event"), 404, "not_found")
        }
        let list = try await ControlSocket.send("GET", "/control/workspaces", to: server).json["workspaces"]
        #expect(!list.array.contains { $0["id"] == "ghost" })
    }

    @Test func `S4-15 · a workspace that was made is entered, without a member being added`() async throws {
        let server = try SuiteServer.running
        let made = try await ControlSocket.send(
            "POST", "/control/workspaces", ["slug": "made", "tz": "Europe/Berlin"], to: server)

        let client = server.client(user: "ada", workspaces: ["made": "member"])
        let snapshot = try await client.get(ServerProcess.realtime("made"))

        #expect(made.status == 201 && snapshot.status == 200)
        #expect(try await client.events("made").map { $0["eventType"] } == ["workspace.created"])
    }
}
