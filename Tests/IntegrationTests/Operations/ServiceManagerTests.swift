import CLinux
import Foundation
import Glibc
import ServerSentEvents
import Testing

/// Socket activation and sd_notify, with the test in the part of systemd; and the units themselves.
struct ServiceManagerTests {
    private func token(_ workspace: String = "harbor") -> String {
        TestToken(user: "ana", workspaces: [workspace: "member"]).signed(with: ServerProcess.secret)
    }

    @Test func `a server says when it is ready, reloads and ends`() async throws {
        let manager = try ServiceManagerStandIn()

        let server = try await manager.start()
        server.send(SIGHUP)
        let (index, reload) = try await manager.messages.first { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") }
        _ = try await manager.messages.first(from: index) { $0.hasPrefix("READY=1") }
        server.terminate()
        let status = try await server.waitExit()

        #expect(status == 0)
        let first = try #require(manager.messages.elements.first)
        #expect(first == "READY=1\nSTATUS=listening on 127.0.0.1:\(manager.port)")
        // The monotonic clock is not the one on the wall.
        let time = try #require(Int64(reload.split(separator: "=").last ?? ""))
        #expect(abs(time - Int64(clock_gettime_nsec()) / 1_000) < 60_000_000)
        #expect(manager.messages.elements.last == "STOPPING=1\nSTATUS=draining")
        #expect(server.errors.elements.contains { $0.contains(#""port":\#(manager.port)"#) })
    }

    private func clock_gettime_nsec() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test func `the watchdog hears of loops that turn, and not of a process that has stopped`() async throws {
        let manager = try ServiceManagerStandIn()
        let server = try await manager.start(["WATCHDOG_USEC": "300000", "TIDELINE_SERVER_LOOPS": "2"])

        let (index, _) = try await manager.messages.first { $0 == "WATCHDOG=1" }
        _ = try await manager.messages.first(from: index + 4) { $0 == "WATCHDOG=1" }
        server.send(SIGSTOP)
        let heard = manager.messages.elements.count
        await #expect(throws: WaitError.self) {
            // One may have been on its way.
            _ = try await manager.messages.first(from: heard + 1, within: .milliseconds(900)) { _ in true }
        }
        server.send(SIGCONT)
        _ = try await manager.messages.first(from: heard + 1) { $0 == "WATCHDOG=1" }
    }

    @Test func `a watchdog meant for another process is left alone`() async throws {
        let manager = try ServiceManagerStandIn()
        let server = try await manager.start(["WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"])

        await #expect(throws: WaitError.self) {
            _ = try await manager.messages.first(within: .milliseconds(600)) { $0 == "WATCHDOG=1" }
        }
        #expect(server.isRunning)
    }

    @Test func `no connection is refused while the server is stopped and started`() async throws {
        let manager = try ServiceManagerStandIn()
        let isOver = Journal<Bool>(of: "end")
        let acknowledged = Journal<String>(of: "acknowledged event")
        let repeated = Journal<String>(of: "event sent again")
        let first = try await manager.start(["TIDELINE_SERVER_LOOPS": "2"])
        let (token, port) = (token(), manager.port)
        let clients = (0..<6).map { client in
            Task {
                var number = 0
                while isOver.elements.isEmpty {
                    number += 1
                    let id = "c\(client)-\(number)"
                    // A new connection each: whoever is refused throws something else than these, and fails the test.
                    while true {
                        do {
                            let client = HTTPTestClient(port: port, token: token, within: .seconds(60))
                            let reply = try await client.post(
                                ServerProcess.realtime("harbor"), ["eventType": "test.tick", "eventId": .string(id)])
                            #expect(reply.status == 200, "\(reply.text)")
                            break
                        } catch ConnectionError.ended, ConnectionError.reset {
                            // It was in the hands of the server that ended; the eventId makes a repeat safe.
                            repeated.append(id)
                        }
                    }
                    acknowledged.append(id)
                }
            }
        }
        var server = first
        for _ in 0..<3 {
            _ = try await acknowledged.first(from: acknowledged.elements.count + 20, within: .seconds(60)) { _ in true }
            server.terminate()
            #expect(try await server.waitExit() == 0)
            server = try await manager.start(["TIDELINE_SERVER_LOOPS": "2"])
        }
        isOver.append(true)
        for client in clients { try await client.value }

        let log = try await sqlite(
            manager.data.file("tideline.db"), "SELECT count(*) FROM events WHERE event_id LIKE 'c%-%'")
        #expect(Int(log) == acknowledged.elements.count)
        // Each client has one request in the hands of a server that ends, at most.
        #expect(repeated.elements.count <= 18)
    }

    @Test func `a stream that comes back while nobody accepts waits, and goes on where it was`() async throws {
        let manager = try ServiceManagerStandIn()
        let first = try await manager.start()
        let path = ServerProcess.realtime("harbor")
        let stream = try await StreamReader.open(port: manager.port, path: path, token: token())
        _ = try await stream.next("connected")
        let client = HTTPTestClient(port: manager.port, token: token())
        _ = try await client.post(path, ["eventType": "test.tick", "eventData": ["n": 1]])
        let seen = try await stream.next("event")

        first.terminate()
        #expect(try await first.waitExit() == 0)
        async let resumed = StreamReader.open(
            port: manager.port, path: path, token: token(), lastEventID: seen.id, within: .seconds(30))
        let second = try await manager.start()
        let again = try await resumed
        _ = try await again.next("connected")
        _ = try await client.post(path, ["eventType": "test.tick", "eventData": ["n": 2]])

        #expect(try await stream.waitEnd() == .clean)
        #expect(try await again.next("event").json["eventData"]["n"].int == 2)
        #expect(!again.events.contains { $0.type == "reset" } && second.isRunning)
    }

    @Test func `connections of a passed socket are spread over the loops`() async throws {
        let manager = try ServiceManagerStandIn()
        let server = try await manager.start(["TIDELINE_SERVER_LOOPS": "2"])
        var streams: [StreamReader] = []
        for _ in 0..<40 {
            streams.append(
                try await StreamReader.open(port: manager.port, path: ServerProcess.realtime("harbor"), token: token()))
        }

        let metrics = try await HTTPTestClient(port: manager.port).get("/metrics").text
        let counts = metrics.split(separator: "\n").filter { $0.hasPrefix("tideline_loop_connections{") }
            .compactMap { Int($0.split(separator: " ").last ?? "") }

        #expect(counts.count == 2 && counts.allSatisfy { $0 >= 15 }, "\(counts)")
        #expect(server.isRunning && streams.count == 40)
    }

    @Test func `passed sockets win over server_listen, and that is said`() async throws {
        let manager = try ServiceManagerStandIn()
        let server = try await manager.start(arguments: ["--listen", "127.0.0.1:1"])

        #expect(server.errors.elements.contains { $0.contains("server.listen is not used") })
        #expect(try await HTTPTestClient(port: manager.port).get("/healthz").status == 200)
    }

    @Test func `sockets for another process are not touched`() async throws {
        let manager = try ServiceManagerStandIn()
        let server = try await manager.start(["FORCED_PID": "1"], arguments: ["--listen", "127.0.0.1:0"])

        let line = try #require(server.errors.elements.first { $0.contains(#""message":"listening""#) })
        #expect(try TestJSON(line)["port"].int != manager.port)
    }

    @Test func `a Unix socket is served, and its path stays`() async throws {
        let directory = try TemporaryDirectory("unix")
        let path = directory.file("http.sock")
        let manager = try ServiceManagerStandIn(path: path)
        let server = try await manager.start()

        let curl = try ChildProcess("/usr/bin/env", ["curl", "-sS", "--unix-socket", path, "http://localhost/healthz"])
        #expect(try await curl.waitExit() == 0)
        try await curl.output.waitFinish()
        server.terminate()
        _ = try await server.waitExit()

        #expect(curl.output.elements == [#"{"status":"ok"}"#])
        #expect(manager.messages.elements.first?.contains("unix:\(path)") == true)
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func `a socket that does not listen stops the start and is named`() async throws {
        let manager = try ServiceManagerStandIn(type: Int32(SOCK_DGRAM.rawValue))
        let server = try manager.launch()

        #expect(try await server.waitExit() == 1)
        try await server.errors.waitFinish()
        #expect(server.errors.elements.last?.contains("\"http\" (descriptor 3)") == true, "\(server.errors.elements)")
        #expect(server.errors.elements.last?.contains("ListenStream=") == true)
    }

    // MARK: The units

    private static let analyze = "/usr/bin/systemd-analyze"
    static let isAnalyzeInstalled = FileManager.default.isExecutableFile(atPath: analyze)

    @Test(.enabled(if: isAnalyzeInstalled, "systemd is not installed"))
    func `systemd finds nothing wrong with the units, and little exposed`() async throws {
        let directory = try TemporaryDirectory("units")
        for unit in ["tideline.service", "tideline.socket"] {
            let text = try String(contentsOfFile: Repository.file("Config/systemd/\(unit)"), encoding: .utf8)
            try directory.write(text.replacing("/usr/bin/tideline", with: try ServerProcess.program), to: unit)
        }
        let units = ["tideline.service", "tideline.socket"].map { directory.file($0) }

        let verify = try ChildProcess(Self.analyze, ["verify", "--man=no"] + units)
        let isValid = try await verify.waitExit() == 0
        let security = try ChildProcess(
            Self.analyze, ["security", "--offline=true", "--threshold=15", "--no-pager", units[0]])
        let isHardened = try await security.waitExit() == 0
        try await verify.errors.waitFinish()

        #expect(isValid && !verify.errors.elements.contains { $0.contains("tideline") }, "\(verify.errors.elements)")
        #expect(isHardened, "\(security.output.elements.suffix(3))")
    }

    private func sqlite(_ path: String, _ statement: String) async throws -> String {
        let child = try ChildProcess("/usr/bin/env", ["sqlite3", path, statement])
        try await child.waitExit()
        try await child.output.waitFinish()
        return child.output.elements.joined(separator: "\n")
    }
}
