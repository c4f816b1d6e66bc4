import Testing

@testable import TidelineService

struct ConfigurationLoaderTests {
    private func load(
        _ file: String? = nil, environment: [String: String] = [:], arguments: [(String, String)] = []
    ) throws(ConfigurationFailure) -> LoadedConfiguration {
        try ConfigurationLoader.load(
            content: file.map { ("t.json5", Array($0.utf8)) }, environment: environment,
            arguments: arguments.map { ConfigurationOverride(key: $0.0, value: $0.1, flag: "--set") })
    }

    private func problems(
        _ file: String? = nil, environment: [String: String] = [:], arguments: [(String, String)] = []
    ) -> [String] {
        do {
            _ = try load(file, environment: environment, arguments: arguments)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `without anything the defaults hold`() throws {
        let loaded = try load()

        #expect(loaded.configuration == ServiceConfiguration())
        #expect(loaded.sources.isEmpty)
    }

    @Test func `arguments win over the environment, which wins over the file`() throws {
        let file = "{ streams: { heartbeat: '20s', maxAge: '20m', retry: '4s' } }"
        let environment = ["TIDELINE_STREAMS_HEARTBEAT": "10s", "TIDELINE_STREAMS_MAX_AGE": "10m", "HOME": "/root"]

        let loaded = try load(file, environment: environment, arguments: [("streams.heartbeat", "5s")])

        #expect(loaded.configuration.streams.heartbeat == .seconds(5))
        #expect(loaded.configuration.streams.maxAge == .seconds(600))
        #expect(loaded.configuration.streams.retry == .seconds(4))
        #expect(loaded.sources["streams.heartbeat"] == .argument("--set"))
        #expect(loaded.sources["streams.maxAge"] == .environment("TIDELINE_STREAMS_MAX_AGE"))
        #expect(loaded.sources["streams.retry"] == .file(path: "t.json5", line: 1))
    }

    @Test func `a later argument wins over an earlier one`() throws {
        let loaded = try load(arguments: [("log.level", "debug"), ("log.level", "error")])

        #expect(loaded.configuration.log.level == .error)
    }

    @Test func `every kind of value is read from each source`() throws {
        let file = """
            { server: { listen: "0.0.0.0:80", loops: 0x2, allowedHosts: ["a.example", "b.example:8080"] },
              limits: { bodyBytes: 70000, batchBytes: "1MiB" }, auth: { jwt: { provision: false } },
              events: { unknownTypes: "reject" } }
            """
        let environment = [
            "TIDELINE_STREAMS_SEND_BUFFER": "128KiB", "TIDELINE_AUTH_DEMO_LOGIN": "true",
            "TIDELINE_STORAGE_SYNCHRONOUS": "NORMAL", "TIDELINE_STORAGE_RETAIN": "0s",
        ]

        let configuration = try load(file, environment: environment).configuration

        #expect(configuration.server.listen == ["0.0.0.0:80"])
        #expect(configuration.server.loops == 2)
        #expect(configuration.server.allowedHosts == ["a.example", "b.example:8080"])
        #expect(configuration.limits.bodyBytes == 70_000)
        #expect(!configuration.auth.jwt.provision)
        #expect(configuration.events.unknownTypes == .reject)
        #expect(configuration.streams.sendBuffer == 131_072)
        #expect(configuration.auth.demoLogin)
        #expect(configuration.storage.synchronous == .normal)
        #expect(configuration.storage.retain == .zero)
    }

    @Test func `lists in the environment are separated by commas`() throws {
        let environment = ["TIDELINE_SERVER_LISTEN": "127.0.0.1:0, [::1]:0,unix:/run/t.sock"]

        let configuration = try load(environment: environment).configuration

        #expect(configuration.server.listen == ["127.0.0.1:0", "[::1]:0", "unix:/run/t.sock"])
    }

    @Test func `an unknown key is refused with its line and the nearest key`() {
        let found = problems("{\n  streams: {\n    maxage: '1h',\n  },\n}")

        #expect(found == ["t.json5:3: streams.maxage: there is no such key; did you mean streams.maxAge?"])
    }

    @Test func `an unknown variable is refused with the nearest one`() {
        let found = problems(environment: ["TIDELINE_STREAM_MAX_AGE": "1h"])

        #expect(
            found == [
                "environment TIDELINE_STREAM_MAX_AGE: there is no such key; did you mean TIDELINE_STREAMS_MAX_AGE?"
            ])
    }

    @Test func `a bad value is refused with key, place, expectation and finding`() {
        let found = problems("{ streams: {\n heartbeat: '5x' } }", arguments: [("log.level", "loud")])

        #expect(
            found == [
                "t.json5:2: streams.heartbeat: expected a duration from 1s to 10m, such as \"250ms\", \"5s\", "
                    + "\"5m\", \"1h\" or \"90d\"; found \"5x\"",
                "argument --set: log.level: expected one of \"debug\", \"info\", \"warning\", \"error\"; "
                    + "found \"loud\"",
            ])
    }

    @Test func `the value of a secret is not repeated`() throws {
        let found = try #require(problems(environment: ["TIDELINE_AUTH_JWT_SECRET": "hunter2"]).first)

        #expect(found.contains("auth.jwt.secret"))
        #expect(found.contains("32 bytes"))
        #expect(!found.contains("hunter2"))
    }

    @Test func `a secret is refused as an argument, where every user could read it`() throws {
        let secret = "0123456789abcdef0123456789abcdef"

        let found = try #require(problems(arguments: [("auth.jwt.secret", secret)]).first)

        #expect(found.contains("TIDELINE_AUTH_JWT_SECRET"))
        #expect(!found.contains(secret))
    }

    @Test(arguments: [
        "{ auth: { jwt: { secret: hunter2x } } }", "{ auth: { jwt: 'hunter2x' } }", "{ auth: 'hunter2x' }",
    ])
    func `a misplaced secret is not repeated either`(file: String) {
        let found = problems(file)

        #expect(found.count == 1)
        #expect(!found.joined().contains("hunter2x"))
    }

    @Test(arguments: [
        "{ streams: 5 }", "{ streams: { heartbeat: 30 } }", "{ server: { loops: '2' } }", "{ server: { loops: 1.5 } }",
        "{ server: { loops: -1 } }", "{ server: { loops: 257 } }", "{ server: { listen: [] } }",
        "{ server: { listen: [8080] } }", "{ server: { listen: '127.0.0.1' } }",
        "{ server: { listen: '127.0.0.1:65536' } }",
        "{ server: { listen: '::1:80' } }", "{ server: { listen: ':80' } }", "{ auth: { demoLogin: 'true' } }",
        "{ auth: { jwt: { secret: 'too short' } } }", "{ auth: { jwt: { audience: 'tideline:session' } } }",
        "{ storage: { directory: '' } }", "{ storage: { url: 'postgresql://x' } }", "{ storage: { url: 'sqlite:' } }",
        "{ cluster: { url: 'redis://x' } }", "{ metrics: { token: 'short' } }", "{ log: { level: null } }",
        "{ limits: { bodyBytes: '64KB' } }", "{ limits: { bodyBytes: '2MiB', batchBytes: '1MiB' } }",
        "{ streams: { outboxBytes: '2MiB', replayMemory: '1MiB' } }", "{ 'streams.heartbeat': '30s' }", "[]", "{",
        "{ log: { level: 'info', level: 'info' } }", "{ streams: { heartbeat: '999ms' } }",
        "{ storage: { retain: '1m' } }",
    ])
    func `what does not fit stops the start`(file: String) {
        #expect(!problems(file).isEmpty)
    }

    @Test(arguments: [("1s", true), ("999ms", false), ("10m", true), ("601s", false)])
    func `a range holds at its ends and not beyond`(text: String, fits: Bool) {
        #expect(problems(arguments: [("streams.heartbeat", text)]).isEmpty == fits)
    }

    @Test func `all mistakes are reported at once`() {
        let found = problems(
            "{ a: 1, log: { level: 'x' } }", environment: ["TIDELINE_B": "1"], arguments: [("c", "1")])

        #expect(found.count == 4)
    }

    @Test func `a database elsewhere brings the data directory along`() throws {
        let moved = try load(environment: ["TIDELINE_STORAGE_URL": "sqlite:/srv/t/log.db"]).configuration.storage
        let both = try load(
            environment: ["TIDELINE_STORAGE_URL": "sqlite:/srv/t/log.db"], arguments: [("storage.directory", "/var/t/")]
        ).configuration.storage

        #expect(moved.directory == "/srv/t")
        #expect(moved.databasePath == "/srv/t/log.db")
        #expect(moved.controlSocketPath == "/srv/t/control.sock")
        #expect(both.secretPath == "/var/t/secret")
    }

    @Test func `the database is in the data directory unless said otherwise`() throws {
        let storage = try load(arguments: [("storage.directory", "/var/t")]).configuration.storage

        #expect(storage.databasePath == "/var/t/tideline.db")
    }

    @Test func `a file that is not there is named`() throws {
        let failure = #expect(throws: ConfigurationFailure.self) {
            try ConfigurationLoader.load(file: "/nonexistent/t.json5", environment: [:], arguments: [])
        }

        #expect(failure?.description == "argument --config: cannot read /nonexistent/t.json5: there is no such file")
    }

    @Test func `the environment may name the file`() throws {
        let failure = #expect(throws: ConfigurationFailure.self) {
            try ConfigurationLoader.load(
                file: nil, environment: [ConfigurationLoader.fileVariable: "/nonexistent/e.json5"], arguments: [])
        }

        #expect(failure?.problems.first?.source == .environment("TIDELINE_CONFIG"))
    }

    @Test func `the environment of this process can be read`() {
        #expect(ProcessEnvironment.variables()["PATH"] != nil)
    }
}
