import Foundation
import Glibc
import Testing

/// Tokens of other issuers, by their public keys in `auth.jwt.keys`.
struct IssuerKeyTests {
    private func token(_ kid: String?, _ algorithm: String, user: String = "ada") -> TestToken {
        var token = TestToken(user: user, workspaces: ["keys": "member"])
        token.header = ["alg": .string(algorithm), "typ": "JWT"]
        if let kid { token.header["kid"] = .string(kid) }
        return token
    }

    @Test func `S4-15 · tokens of RSA, ECDSA and Ed25519 keys are let in on every loop, the secret's besides`()
        async throws
    {
        let files = try TemporaryDirectory("keys")
        var keys: [(String, IssuerKey)] = []
        for algorithm in IssuerKey.Algorithm.allCases {
            keys.append((algorithm.rawValue, try await IssuerKey.make(algorithm, algorithm.rawValue, in: files)))
        }
        let items = keys.map { "k-\($0.0)=\($0.0):\($0.1.publicPath)" }.joined(separator: ",")
        let server = try await ServerProcess.start(["TIDELINE_AUTH_JWT_KEYS": items, "TIDELINE_SERVER_LOOPS": "3"])

        for (name, key) in keys {
            let signed = try await key.sign(token("k-\(name)", name, user: "user-\(name)"), in: files)
            for _ in 0..<6 {
                let reply = try await server.client(token: signed).get(ServerProcess.realtime("keys"))
                #expect(try reply.status == 200 && reply.json["meta"]["userId"].string == "user-\(name)", "\(name)")
            }
            let stream = try await server.stream("keys", token: signed)
            #expect(try await stream.next("connected").json["workspaceId"] == "keys")
            let session = try await server.client(token: signed).send("POST", "/api/session")
            #expect(session.status == 200)
        }
        #expect(try await server.client(user: "bob", workspaces: ["keys": "member"]).get("/api/me").status == 200)
        let issued = try await ServerProcess.run(
            ["token", "--user", "cli", "--workspace", "keys", "--data", server.data.path],
            ["TIDELINE_AUTH_JWT_KEYS": items])
        #expect(try await server.client(token: issued.output.first).get("/api/me").json["userId"] == "cli")
    }

    @Test func `S4-15 · a forged token is refused on every path and every loop, whatever it pretends`() async throws {
        let files = try TemporaryDirectory("keys")
        let rsa = try await IssuerKey.make(.rs256, "rsa", in: files)
        let ec = try await IssuerKey.make(.es256, "ec", in: files)
        let foreignRSA = try await IssuerKey.make(.rs256, "foreign-rsa", in: files)
        let foreignEC = try await IssuerKey.make(.es256, "foreign-ec", in: files)
        let server = try await ServerProcess.start([
            "TIDELINE_AUTH_JWT_KEYS": "r1=RS256:\(rsa.publicPath),e1=ES256:\(ec.publicPath)",
            "TIDELINE_SERVER_LOOPS": "3",
        ])
        let pem = try String(contentsOfFile: rsa.publicPath, encoding: .utf8)
        let good = try await rsa.sign(token("r1", "RS256"), in: files)
        let goodEC = try await ec.sign(token("e1", "ES256"), in: files)
        let head = goodEC.split(separator: ".").dropLast().joined(separator: ".")
        var expired = token("r1", "RS256")
        expired.claims["exp"] = 1_000_000_000
        var critical = token("r1", "RS256")
        critical.header["crit"] = ["exp"]
        var forged: [String: String] = [
            "alg none": token("r1", "none").signed(with: "x").split(separator: ".").dropLast().joined(separator: ".")
                + ".",
            "HS256 with the public key": token("r1", "HS256").signed(with: pem),
            "HS256 with the public key, trimmed": token(nil, "HS256").signed(with: String(pem.dropLast())),
            "RS256 by HMAC": token("r1", "RS256").signed(with: ServerProcess.secret),
            "another RSA key": try await foreignRSA.sign(token("r1", "RS256"), in: files),
            "another EC key": try await foreignEC.sign(token("e1", "ES256"), in: files),
            "the kid of another algorithm": try await rsa.sign(token("e1", "RS256"), in: files),
            "the algorithm of another kid": try await rsa.sign(token("r1", "ES256"), in: files),
            "PS256, which no key is for": try await rsa.sign(token("r1", "PS256"), in: files),
            "a kid that is a path": try await foreignRSA.sign(token("../../foreign-rsa.pem", "RS256"), in: files),
            "a kid that is SQL": try await foreignRSA.sign(token("x' UNION SELECT 'y", "RS256"), in: files),
            "zero r and s": head + "." + TestToken.encoded([UInt8](repeating: 0, count: 64)),
            "r and s beyond the order": head + "." + TestToken.encoded([UInt8](repeating: 0xFF, count: 64)),
            "a truncated signature": String(good.dropLast(4)), "no signature": head + ".",
            "expired": try await rsa.sign(expired, in: files), "critical": try await rsa.sign(critical, in: files),
        ]
        forged["oversized"] = good + String(repeating: "A", count: 9000)

        for (name, token) in forged {
            // Two of each path, on connections of their own: several loops judge it, and one of them twice.
            for path in [ServerProcess.realtime("keys"), "/api/me", "/api/workspaces"] {
                for _ in 0..<2 {
                    let reply = try await server.client(token: token).get(path)
                    try expectProblem(
                        reply, 401, name == "expired" ? "token_expired" : "invalid_token", "\(name) \(path)")
                }
            }
            for path in ["/api/session", "/api/tickets"] {
                #expect(try await server.client(token: token).send("POST", path).status == 401, "\(name) \(path)")
            }
        }
        for token in [good, goodEC] { #expect(try await server.client(token: token).get("/api/me").status == 200) }
    }

    @Test func `S4-15 · while an issuer's keys change, a token says which it means`() async throws {
        let files = try TemporaryDirectory("keys")
        let old = try await IssuerKey.make(.edDSA, "old", in: files)
        let new = try await IssuerKey.make(.edDSA, "new", in: files)
        let both = "old=EdDSA:\(old.publicPath),new=EdDSA:\(new.publicPath)"
        let server = try await ServerProcess.start(["TIDELINE_AUTH_JWT_KEYS": both])
        let tokens = [
            try await old.sign(token("old", "EdDSA"), in: files), try await new.sign(token("new", "EdDSA"), in: files),
        ]
        let nameless = try await new.sign(token(nil, "EdDSA"), in: files)

        for token in tokens { #expect(try await server.client(token: token).get("/api/me").status == 200) }
        try expectProblem(try await server.client(token: nameless).get("/api/me"), 401, "invalid_token")
        server.terminate()
        try await server.waitExit()
        let later = try await server.restart(["TIDELINE_AUTH_JWT_KEYS": "new=EdDSA:\(new.publicPath)"])

        #expect(try await later.client(token: tokens[0]).get("/api/me").status == 401)
        for token in [tokens[1], nameless] {
            #expect(try await later.client(token: token).get("/api/me").status == 200)
        }
    }

    @Test func `S4-15 · a key that cannot be used stops the start, and check-config says the same`() async throws {
        let files = try TemporaryDirectory("keys")
        let rsa = try await IssuerKey.make(.rs256, "rsa", in: files)
        let weak = files.file("weak.pem")
        try await IssuerKey.openssl([
            "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", files.file("weak.key"),
        ])
        try await IssuerKey.openssl(["pkey", "-in", files.file("weak.key"), "-pubout", "-out", weak])
        let broken = try files.write("nothing\n", to: "broken.pem")
        let data = try TemporaryDirectory("data")
        let wrong: [(String, [String])] = [
            ("k=RS256:\(rsa.privatePath)", ["auth.jwt.keys", "k", rsa.privatePath, "private key", "-pubout"]),
            ("k=RS256:\(files.path)/none.pem", ["auth.jwt.keys", "none.pem", "No such file"]),
            ("k=ES256:\(rsa.publicPath)", ["auth.jwt.keys", "P-256"]), ("k=RS256:\(weak)", ["1024", "2048"]),
            ("k=RS256:\(broken)", ["PEM"]), ("k=HS256:\(rsa.publicPath)", ["auth.jwt.keys", "KID=ALG:PATH"]),
            ("k=RS256:\(rsa.publicPath),k=PS256:\(rsa.publicPath)", ["auth.jwt.keys", "two keys", "k"]),
        ]

        for (keys, expected) in wrong {
            for command in [["serve", "--listen", "127.0.0.1:0", "--data", data.path], ["check-config"]] {
                let ended = try await ServerProcess.run(command, ["TIDELINE_AUTH_JWT_KEYS": keys])
                let said = ended.errors.joined(separator: "\n")
                #expect(ended.status == 1, "\(command) \(keys)")
                for text in expected { #expect(said.contains(text), "\(command) \(keys): \(said)") }
                // What the private key holds stays where it is.
                #expect(!said.contains("BEGIN"))
            }
        }
        let fine = try await ServerProcess.run(
            ["check-config"], ["TIDELINE_AUTH_JWT_KEYS": "k=RS256:\(rsa.publicPath)"])
        #expect(fine.status == 0, "\(fine.errors)")
    }

    @Test func `S4-15 · SIGHUP takes keys and origins over, and what a removed key had let in is out on every loop`()
        async throws
    {
        let files = try TemporaryDirectory("keys")
        let old = try await IssuerKey.make(.es256, "old", in: files)
        let new = try await IssuerKey.make(.es256, "new", in: files)
        func configuration(_ keys: [String]) -> String {
            let items = keys.map { "\"\($0)\"" }.joined(separator: ", ")
            return
                "{ server: { loops: 3, allowedOrigins: [\"https://app.example.org\"] }, auth: { jwt: { keys: [\(items)] } } }"
        }
        let path = try files.write("{ server: { loops: 3 } }", to: "tideline.json5")
        let server = try await ServerProcess.start(arguments: ["--config", path])
        let oldToken = try await old.sign(token("old", "ES256"), in: files)
        let newToken = try await new.sign(token("new", "ES256"), in: files)
        // Connections from before all reloads, on every loop.
        let clients = (0..<6).map { _ in server.client() }
        func statuses(_ token: String) async throws -> Set<Int> {
            var statuses: Set<Int> = []
            for client in clients {
                statuses.insert(try await client.get("/api/me", ["Authorization": "Bearer \(token)"]).status)
            }
            return statuses
        }
        func reload(_ keys: [String], after count: Int) async throws {
            try files.write(configuration(keys), to: "tideline.json5")
            server.send(signal: SIGHUP)
            _ = try await server.logLine { line in
                line["message"] == "configuration reloaded" && line["changed"].string?.contains("auth.jwt.keys") == true
            }
            // Each reload writes one line; wait for this one's.
            while server.log.count(where: { $0.contains("configuration reloaded") }) < count { await Task.yield() }
        }

        #expect(try await statuses(oldToken) == [401])
        try await reload(["old=ES256:\(old.publicPath)"], after: 1)
        #expect(try await [statuses(oldToken), statuses(newToken)] == [[200], [401]])
        let page = try await clients[0].get("/healthz", ["Origin": "https://app.example.org"])
        #expect(page.header("Access-Control-Allow-Origin") == "https://app.example.org")
        try await reload(["new=ES256:\(new.publicPath)"], after: 2)
        #expect(try await [statuses(oldToken), statuses(newToken)] == [[401], [200]])
        // The same name, another key in the file.
        try files.write(try String(contentsOfFile: old.publicPath, encoding: .utf8), to: "new.pem")
        try await reload(["new=ES256:\(new.publicPath)"], after: 3)
        #expect(try await statuses(newToken) == [401])

        try files.write(configuration(["new=ES256:\(old.privatePath)"]), to: "tideline.json5")
        server.send(signal: SIGHUP)
        let refused = try await server.logLine("configuration not reloaded")
        #expect(refused.text.contains("private key") && server.isRunning)
    }
}
