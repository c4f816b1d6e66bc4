import Foundation
import Testing

/// A server that cannot start says why and what to do, with the status that scripts look at.
struct StartTests {
    /// Runs `tideline` to its end.
    private func run(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> (
        status: Int32, errors: String
    ) {
        let ended = try await ServerProcess.run(arguments, environment)
        return (ended.status, ended.errors.joined(separator: "\n"))
    }

    @Test func `a second server on the same data is refused and told who holds it`() async throws {
        let first = try await ServerProcess.start()

        let second = try await run(["serve", "--listen", "127.0.0.1:0", "--data", first.data.path])

        #expect(second.status == 1)
        #expect(
            second.errors.contains("\(first.processID)") && second.errors.contains(first.data.path), "\(second.errors)")
        #expect(try await first.client().get("/healthz").status == 200)
        #expect(FileManager.default.fileExists(atPath: first.data.file("control.sock")))
    }

    @Test func `the data of a killed server is free at once`() async throws {
        let first = try await ServerProcess.start()
        first.kill()
        try await first.waitExit()

        let second = try await first.restart(samePort: true)

        #expect(try await second.client().get("/readyz").status == 200)
    }

    @Test func `a port that is taken stops the start and is named`() async throws {
        let first = try await ServerProcess.start()
        let data = try TemporaryDirectory("data")

        let second = try await run(["serve", "--listen", "127.0.0.1:\(first.port)", "--data", data.path])

        #expect(second.status == 1)
        #expect(
            second.errors.contains("\(first.port)") && second.errors.lowercased().contains("in use"), "\(second.errors)"
        )
        #expect(try await first.client().get("/healthz").status == 200)
    }

    /// A configuration file and what the message must name.
    static let files: [(String, [String])] = [
        ("{ streams: { heartbeet: \"30s\" } }", ["streams.heartbeet", "streams.heartbeat"]),
        ("{ nothing: 1 }", ["nothing"]),
        ("{ streams: { heartbeat: \"fast\" } }", ["streams.heartbeat"]),
        ("{ streams: { heartbeat: 0 } }", ["streams.heartbeat"]),
        ("{ auth: { jwt: { secret: \"short\" } } }", ["auth.jwt.secret"]),
        ("{ server: { listen: [\"nowhere\"] } }", ["server.listen"]),
        ("{ server: { loops: -1 } }", ["server.loops"]), ("{ streams: ", ["json5:"]), ("not json", ["json5:2"]),
        ("{ streams: { heartbeat: \"30s\", heartbeat: \"31s\" } }", ["heartbeat"]),
    ]

    @Test(arguments: files)
    func `a configuration that is wrong stops the start with the key and the place`(text: String, named: [String])
        async throws
    {
        let directory = try TemporaryDirectory("config")
        let file = try directory.write("// line one\n" + text + "\n", to: "tideline.json5")

        let ended = try await run([
            "serve", "--config", file, "--listen", "127.0.0.1:0", "--data", directory.file("data"),
        ])

        #expect(ended.status == 1)
        for name in named { #expect(ended.errors.contains(name), "\(name) is not in: \(ended.errors)") }
        #expect(ended.errors.contains("tideline.json5"), "\(ended.errors)")
        #expect(!ended.errors.contains("short"), "a secret is not repeated")
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
    }

    @Test(arguments: [
        ("TIDELINE_STREAMS_HEARTBEET", "30s"), ("TIDELINE_STREAMS_HEARTBEAT", "soon"),
        ("TIDELINE_AUTH_JWT_SECRET", "short"),
        ("TIDELINE_EVENTS_UNKNOWN_TYPES", "maybe"), ("TIDELINE_LIMITS_JSON_DEPTH", "3"),
    ])
    func `an environment that is wrong stops the start with the variable`(name: String, value: String) async throws {
        let directory = try TemporaryDirectory("config")

        let ended = try await run(["serve", "--listen", "127.0.0.1:0", "--data", directory.path], [name: value])

        #expect(ended.status == 1 && ended.errors.contains(name), "\(ended.errors)")
        if name.hasSuffix("SECRET") { #expect(!ended.errors.contains("\"short\"")) }
    }

    @Test(arguments: [
        [], ["sreve"], ["serve", "--listen"], ["serve", "extra"], ["token"],
        ["key"], ["key", "make"],
        ["token", "--user", "a b", "--workspace", "w"], ["help", "nothing"],
    ])
    func `wrong usage is told on standard error, with status 2`(arguments: [String]) async throws {
        let ended = try await ServerProcess.run(arguments)

        #expect(ended.status == 2, "\(arguments): \(ended.errors)")
        #expect(!ended.errors.isEmpty && ended.output.isEmpty)
    }

    @Test func `a missing public directory stops the start`() async throws {
        let directory = try TemporaryDirectory("config")

        let ended = try await run(
            ["serve", "--listen", "127.0.0.1:0", "--data", directory.path],
            ["TIDELINE_SERVER_PUBLIC_DIRECTORY": directory.file("none")])

        #expect(ended.status == 1 && ended.errors.contains("server.publicDirectory"), "\(ended.errors)")
    }
}
