import Foundation

/// A `tideline serve` of its own: temporary data directory, free port, its log, and its end.
///
/// ```swift
/// let server = try await ServerProcess.start(["TIDELINE_STREAMS_HEARTBEAT": "1s"])
/// let client = server.client(user: "ana", workspaces: ["w": "member"])
/// ```
/// It ends with the last reference to it, so a failed test leaves nothing behind.
final class ServerProcess: Sendable {
    /// Signs the tokens of every server that tests start.
    static let secret = "integration-test-secret-of-more-than-32-bytes"

    let host: String
    let port: Int
    let data: TemporaryDirectory
    private let child: ChildProcess
    private let environment: [String: String]
    private let arguments: [String]

    /// Starts a server and returns when it listens.
    /// - Parameters:
    ///   - environment: `TIDELINE_…` settings beside the harness's own; they win.
    ///   - arguments: behind `serve`.
    ///   - data: an existing data directory to start on; a new one otherwise.
    ///   - port: 0 for a free one.
    static func start(
        _ environment: [String: String] = [:], arguments: [String] = [], data: TemporaryDirectory? = nil, port: Int = 0,
        within limit: Duration = .seconds(20)
    ) async throws -> ServerProcess {
        let data = try data ?? TemporaryDirectory("data")
        let child = try launch(
            ["serve", "--listen", "127.0.0.1:\(port)", "--data", data.path] + arguments, environment)
        let (_, line) = try await child.errors.first(within: limit) { $0.contains(#""message":"listening""#) }
        let json = try TestJSON(line)
        guard let host = json["host"].string, let port = json["port"].int else {
            throw WaitError(description: "no host and port in \(line)")
        }
        return ServerProcess(
            host: host, port: port, data: data, child: child, environment: environment, arguments: arguments)
    }

    /// Runs another command of the same program to its end.
    /// - Returns: its exit status and the lines of its output and its diagnostics.
    static func run(
        _ arguments: [String], _ environment: [String: String] = [:], within limit: Duration = .seconds(30)
    ) async throws -> (status: Int32, output: [String], errors: [String]) {
        let child = try launch(arguments, environment)
        let status = try await child.waitExit(within: limit)
        try await child.output.waitFinish(within: limit)
        try await child.errors.waitFinish(within: limit)
        return (status, child.output.elements, child.errors.elements)
    }

    private init(
        host: String, port: Int, data: TemporaryDirectory, child: ChildProcess, environment: [String: String],
        arguments: [String]
    ) {
        self.host = host
        self.port = port
        self.data = data
        self.child = child
        self.environment = environment
        self.arguments = arguments
    }

    /// Starts another command of the same program.
    static func launch(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess(try program, arguments, environment: whole(environment))
    }

    static var program: String { get throws { try BuiltProduct.path("tideline", override: "TIDELINE_BINARY") } }

    /// The environment of a process of ours: what tests inherit, less what would configure it, and `environment`.
    static func whole(_ environment: [String: String]) -> [String: String] {
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TIDELINE_") }
        return inherited.merging(["TIDELINE_AUTH_JWT_SECRET": secret]) { $1 }.merging(environment) { $1 }
    }

    // MARK: What it says

    var processID: Int32 { child.processID }
    var isRunning: Bool { child.isRunning }
    /// The lines of its log so far.
    var log: [String] { child.errors.elements }
    /// The lines of its standard output so far (the login link of the demo).
    var output: Journal<String> { child.output }

    /// The first log line, there already or still to come, that `matches`.
    func logLine(
        within limit: Duration = .seconds(10), where matches: @escaping @Sendable (TestJSON) -> Bool
    ) async throws -> TestJSON {
        let isMatch: @Sendable (String) -> Bool = { line in (try? TestJSON(line)).map(matches) ?? false }
        return try TestJSON(try await child.errors.first(within: limit, where: isMatch).element)
    }

    /// The first log line with that message.
    func logLine(_ message: String, within limit: Duration = .seconds(10)) async throws -> TestJSON {
        try await logLine(within: limit) { $0["message"].string == message }
    }

    /// Waits until the log has `count` lines with that message; `debug` for those of single connections.
    func waitForLog(_ message: String, count: Int, within limit: Duration = .seconds(20)) async throws {
        var next = 0
        for _ in 0..<count {
            next =
                try await child.errors.first(from: next, within: limit) { $0.contains(#""message":"\#(message)""#) }
                .index + 1
        }
    }

    /// How many lines with that message the log has.
    func logCount(_ message: String) -> Int { log.count { $0.contains(#""message":"\#(message)""#) } }

    // MARK: Talking to it

    /// A token that this server accepts.
    func token(user: String, workspaces: [String: String], name: String? = nil, ttl: Duration = .seconds(3_600))
        -> String
    {
        TestToken(user: user, workspaces: workspaces, name: name, ttl: ttl).signed(with: Self.secret)
    }

    func client(token: String? = nil) -> HTTPTestClient { HTTPTestClient(host: host, port: port, token: token) }

    func client(user: String, workspaces: [String: String]) -> HTTPTestClient {
        client(token: token(user: user, workspaces: workspaces))
    }

    func connect(receiveBuffer: Int? = nil) async throws -> RawConnection {
        try await RawConnection.open(host, port: port, receiveBuffer: receiveBuffer)
    }

    /// Opens the live stream of `workspace`. `query` without its question mark.
    func stream(
        _ workspace: String, token: String, query: String = "", lastEventID: String? = nil,
        headers: [String: String] = [:], receiveBuffer: Int? = nil, isReading: Bool = true
    ) async throws -> StreamReader {
        let path = Self.realtime(workspace) + (query.isEmpty ? "" : "?" + query)
        return try await StreamReader.open(
            host: host, port: port, path: path, token: token, lastEventID: lastEventID, headers: headers,
            receiveBuffer: receiveBuffer, isReading: isReading)
    }

    static func realtime(_ workspace: String) -> String { "/api/workspaces/\(workspace)/analytics/realtime" }

    // MARK: Its end

    /// SIGTERM: it drains.
    func terminate() { child.terminate() }
    /// SIGKILL.
    func kill() { child.kill() }
    func send(signal: Int32) { child.send(signal) }

    /// Its exit status; 128 + n after signal n.
    @discardableResult
    func waitExit(within limit: Duration = .seconds(35)) async throws -> Int32 {
        try await child.waitExit(within: limit)
    }

    /// A new process on the same data and with the same settings; this one must have ended.
    /// - Parameter samePort: also listens on the same port.
    func restart(_ changes: [String: String] = [:], samePort: Bool = false) async throws -> ServerProcess {
        guard !isRunning else { throw WaitError(description: "the server still runs: kill or terminate it first") }
        return try await Self.start(
            environment.merging(changes) { $1 }, arguments: arguments, data: data, port: samePort ? port : 0)
    }
}

/// Finds programs beside the running tests.
enum BuiltProduct {
    /// The path of `name` in the build directory; the environment variable `override` wins.
    static func path(_ name: String, override: String? = nil) throws -> String {
        if let override, let path = ProcessInfo.processInfo.environment[override] { return path }
        let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        for start in CommandLine.arguments + [executable].compactMap(\.self) where start.hasPrefix("/") {
            var directory = URL(fileURLWithPath: start).deletingLastPathComponent()
            while directory.path != "/" {
                let candidate = directory.appendingPathComponent(name).path
                var isDirectory: ObjCBool = false
                let exists = unsafe FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory)
                if exists, !isDirectory.boolValue, FileManager.default.isExecutableFile(atPath: candidate) {
                    return candidate
                }
                directory.deleteLastPathComponent()
            }
        }
        throw WaitError(description: "\(name) is not built; set \(override ?? "its path") or run swift build")
    }
}

extension Journal {
    /// Waits until nothing more can come.
    func waitFinish(within limit: Duration = .seconds(10)) async throws {
        do {
            _ = try await first(from: .max, within: limit) { _ in true }
        } catch  where isFinished {
            return
        }
    }
}
