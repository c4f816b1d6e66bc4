import Foundation
import Testing

/// A short run of `make soak`: the server is killed, or loses its power, while it is written to; another process holds the
/// acknowledgements. The long run is 200 rounds of each.
@Suite(.serialized) struct SoakTests {
    @Test func `kill -9 and power loss under load lose nothing and repeat nothing`() async throws {
        let soak = try Self.soak(["--rounds", "4", "--mode", "both", "--seed", "7"])

        let status = try await soak.waitExit(within: .seconds(180))

        #expect(status == 0, "\(soak.output.elements.suffix(5)) \(soak.errors.elements.suffix(5))")
    }

    @Test func `a log that is not synced fails the power-loss rounds`() async throws {
        let soak = try Self.soak(
            ["--rounds", "6", "--mode", "power", "--expect-failure"], ["TIDELINE_STORAGE_SYNCHRONOUS": "OFF"])

        let status = try await soak.waitExit(within: .seconds(180))

        #expect(status == 0, "\(soak.output.elements.suffix(5)) \(soak.errors.elements.suffix(5))")
    }

    private static func soak(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ChildProcess {
        let tools = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Tools/soak.py").standardized.path
        let server = try BuiltProduct.path("tideline", override: "TIDELINE_BINARY")
        return try ChildProcess(
            "/usr/bin/env", ["python3", tools, "--server-binary", server] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 })
    }
}
