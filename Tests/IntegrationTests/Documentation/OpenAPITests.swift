import Foundation
import Testing

/// `GET /api/openapi.json`, held against the running server by tools of others.
struct OpenAPITests {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")

    @Test func `the document describes every route, and is answered 304 to who has it`() async throws {
        let server = try await ServerProcess.start()
        let client = server.client()

        let reply = try await client.send("GET", "/api/openapi.json")
        let again = try await client.send(
            "GET", "/api/openapi.json", ["If-None-Match": try #require(reply.header("ETag"))])

        #expect(reply.status == 200 && reply.header("Content-Type") == "application/json")
        #expect(again.status == 304)
        let document = try TestJSON(reply.text)
        for (path, methods) in MethodTests.routes where path.hasPrefix("/api") || path.hasSuffix("z") {
            let template = path.replacingOccurrences(of: "/workspaces/methods", with: "/workspaces/{workspace}")
                .replacingOccurrences(of: "/conn_1", with: "/{connection}")
            let described = Set(document["paths"][template].object.keys.map { $0.uppercased() })
            #expect(described == methods.subtracting(["HEAD"]), "\(template)")
        }
    }

    @Test func `the document is valid OpenAPI 3.1`() async throws {
        let server = try await ServerProcess.start()
        let file = server.data.path + "/openapi.json"
        try await server.client().send("GET", "/api/openapi.json").text
            .write(toFile: file, atomically: true, encoding: .utf8)

        let (status, said) = try await run("python", ["-m", "openapi_spec_validator", file], against: server)

        #expect(status == 0, "\(said)")
    }

    /// Thousands of requests made from the document, valid and not: each answer must be one that it describes, what is valid
    /// must be accepted, what is not refused, and nothing may fail or be let in without a credential.
    @Test(.timeLimit(.minutes(4))) func `the server does what the document says, whatever schemathesis sends`()
        async throws
    {
        let server = try await ServerProcess.start()
        let token = server.token(user: "ada", workspaces: ["acme": "admin"])
        #expect(try await server.client(token: token).send("GET", ServerProcess.realtime("acme")).status == 200)

        let (status, said) = try await run(
            "st",
            [
                "--config-file", Self.root + "/Tests/Tools/openapi/schemathesis.toml", "run",
                "http://\(server.host):\(server.port)/api/openapi.json", "--header", "Authorization: Bearer \(token)",
                "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "7",
                "--no-color",
            ], against: server)

        #expect(status == 0, "\(said.suffix(120).joined(separator: "\n"))")
        #expect(said.contains { $0.contains("generated") }, "schemathesis sent nothing")
        #expect(server.isRunning)
    }

    /// Runs a program of the tests' own Python environment (`make venv`).
    private func run(
        _ program: String, _ arguments: [String], against server: ServerProcess
    ) async throws -> (status: Int32, said: [String]) {
        var environment = ProcessInfo.processInfo.environment
        environment["SCHEMATHESIS_HOOKS"] = "hooks"
        environment["PYTHONPATH"] = Self.root + "/Tests/Tools/openapi"
        // Its examples are kept where it runs.
        let child = try ChildProcess(
            "/usr/bin/env",
            ["--chdir", server.data.path, Self.root + "/.build/venv/bin/" + program] + arguments,
            environment: environment)
        let status = try await child.waitExit(within: .seconds(200))
        try await child.output.waitFinish()
        return (status, child.output.elements + child.errors.elements)
    }
}
