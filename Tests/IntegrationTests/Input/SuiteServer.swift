import Testing

/// One server for all tests of a suite: started before the first, ended after the last.
///
/// ```swift
/// @Suite(.server(["TIDELINE_EVENTS_UNKNOWN_TYPES": "reject"])) struct UnknownTypeTests {
///     @Test func `…`() async throws {
///         let server = try SuiteServer.running
/// ```
/// Its tests run side by side, so each uses a workspace of its own.
struct SuiteServer: SuiteTrait, TestScoping {
    @TaskLocal private static var server: ServerProcess?
    @TaskLocal private static var fixture: TemporaryDirectory?

    /// Fills a directory that lives as long as the server, and gives the server's settings.
    let prepare: @Sendable (TemporaryDirectory) throws -> [String: String]

    /// The server of the suite that the current test belongs to.
    static var running: ServerProcess { get throws { try #require(server) } }
    /// The directory that the suite's preparation filled.
    static var files: TemporaryDirectory { get throws { try #require(fixture) } }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        let files = try TemporaryDirectory("suite")
        let server = try await ServerProcess.start(try prepare(files))
        try await Self.$server.withValue(server) {
            try await Self.$fixture.withValue(files) { try await body() }
        }
        server.kill()
        try await server.waitExit()
    }
}

extension Trait where Self == SuiteServer {
    static func server(_ environment: [String: String] = [:]) -> Self { SuiteServer { _ in environment } }

    static func server(prepare: @escaping @Sendable (TemporaryDirectory) throws -> [String: String]) -> Self {
        SuiteServer(prepare: prepare)
    }
}
