import Testing

@testable import TidelineService

struct CheckConfigurationCommandTests {
    private let secret = "0123456789abcdef0123456789abcdef"

    private func run(_ words: [String], environment: [String: String] = [:]) throws -> CheckConfigurationCommand.Outcome
    {
        guard case .checkConfiguration(let options) = try Command.parse(["check-config"] + words) else {
            throw Unexpected()
        }
        return CheckConfigurationCommand.run(options, environment: environment)
    }

    @Test func `each key is printed with its value and source`() throws {
        let outcome = try run(["--set", "log.level=debug"], environment: ["TIDELINE_STREAMS_MAX_AGE": "600s"])

        let rows = outcome.standardOutput.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(outcome.status == 0)
        #expect(rows.count == ConfigurationKey.table.count)
        #expect(rows.contains(["log.level", "debug", "reload", "argument", "--set"]))
        #expect(rows.contains(["streams.maxAge", "10m", "afterwards", "environment", "TIDELINE_STREAMS_MAX_AGE"]))
        #expect(rows.contains(["server.loops", "0", "restart", "default"]))
    }

    @Test func `secrets are not shown`() throws {
        let environment = ["TIDELINE_AUTH_JWT_SECRET": secret, "TIDELINE_METRICS_TOKEN": secret]

        let table = try run([], environment: environment)
        let json = try run(["--json"], environment: environment)

        #expect(!table.standardOutput.contains(secret) && table.standardOutput.contains("(set)"))
        #expect(!json.standardOutput.contains(secret) && json.standardOutput.contains("(set)"))
    }

    @Test func `JSON holds one object a key`() throws {
        let outcome = try run(["--json"])

        #expect(outcome.standardOutput.hasPrefix("[\n  {\"key\": \"server.listen\", \"value\": \"127.0.0.1:8080\", "))
        #expect(outcome.standardOutput.split(separator: "\n").count == ConfigurationKey.table.count + 2)
    }

    @Test func `mistakes go to standard error with status 1`() throws {
        let outcome = try run(["--set", "log.level=loud", "--set", "nope=1"])

        #expect(outcome.status == 1)
        #expect(outcome.standardOutput.isEmpty)
        #expect(outcome.standardError.split(separator: "\n").count == 2)
    }

    private struct Unexpected: Error {}
}
