/// A server process with a data directory of its own, which goes when the server is stopped.
struct RunningServer {
    let process: Subprocess
    let port: UInt16
    /// A credential that may do everything everywhere.
    let token: String
    private let directory: String

    /// Starts `subject` on the servers' processor and waits until it listens.
    init(_ subject: Subject, settings: Settings, environment: [String] = []) throws(Failure) {
        directory = try Files.makeTemporaryDirectory(in: settings.directory)
        let data = directory + "/data"
        let log = directory + "/log"
        var arguments: [String]
        switch subject {
        case .floor(_, let losing): arguments = [Files.ownPath, "floor"] + (losing.map { ["--lose", $0] } ?? [])
        case .tideline(let binary): arguments = [binary, "serve", "--data", data, "--listen", "127.0.0.1:0"]
        }
        process = try Subprocess(
            arguments, cpu: settings.processors.server, environment: RunningServer.environment + environment,
            output: directory + "/output", errors: log)
        do {
            port = try RunningServer.waitForPort(in: log, of: process)
            if case .tideline(let binary) = subject {
                arguments = [
                    binary, "token", "--data", data, "--user", "bench", "--workspace", "*=admin", "--ttl", "2h",
                ]
                try Subprocess.run(arguments, output: directory + "/token")
                token = Files.text(directory + "/token")?.split(separator: "\n").first.map(String.init) ?? ""
            } else {
                token = "none"
            }
        } catch {
            process.killNow()
            try? Subprocess.run(["rm", "-rf", directory])  // the first failure is the one to report
            throw error
        }
    }

    /// One loop on one processor, limits out of the way.
    private static let environment = [
        "TIDELINE_SERVER_LOOPS=1", "TIDELINE_STREAMS_MAX_CONNECTIONS=20000",
    ]

    private static func waitForPort(in log: String, of process: Subprocess) throws(Failure) -> UInt16 {
        let deadline = Monotonic.now + 10 * Monotonic.second
        while Monotonic.now < deadline {
            let text = Files.text(log) ?? ""
            for line in text.split(separator: "\n") where line.contains("\"listening\"") {
                let digits = line.split(separator: "\"port\":").dropFirst().first?.drop { $0 == " " || $0 == "\"" }
                if let port = digits.flatMap({ UInt16($0.prefix { $0.isNumber }) }) { return port }
            }
            guard process.isRunning else { throw Failure("the server ended at once:\n\(text)") }
            Monotonic.sleep(seconds: 0.005)
        }
        throw Failure("the server did not listen within 10 s:\n\(Files.text(log) ?? "")")
    }

    /// The request that opens a stream of `workspace`.
    func streamRequest(workspace: String, stats: Bool = false) -> [UInt8] {
        let path = "/api/workspaces/\(workspace)/analytics/realtime" + (stats ? "" : "?stats=off")
        return Array(
            "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nAuthorization: Bearer \(token)\r\n\r\n"
                .utf8)
    }

    /// Kills the process and keeps its directory for whoever looks into the failure; nothing after `stop`.
    func abandon() {
        guard Files.isExecutable(directory) else { return }
        process.killNow()
        Output.progress("the server's log is in \(directory)")
    }

    /// Ends the process and removes its directory.
    func stop() throws(Failure) {
        process.stop()
        try Subprocess.run(["rm", "-rf", directory])
    }
}
