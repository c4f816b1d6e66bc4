import Dispatch
import Events
import Networking
import Synchronization
import Telemetry
import Testing

@testable import TidelineService

struct DemoPlayerTests {
    private static let noon: Milliseconds = 1_795_176_000_000

    private static let workspace =
        #"{"id":"harbor","slug":"harbor","tz":"UTC","epoch":"abcdefghij","head":1,"floor":0,"connections":0}"#

    /// A server that takes everything and rings when an event of the present has come.
    private func server(
        isNew: Bool, rung: DispatchSemaphore, refusing: @escaping @Sendable (Int) -> [UInt8]? = { _ in nil }
    ) throws -> CannedServer {
        let count = Mutex(0)
        return try CannedServer { request in
            if request.target == "/control/workspaces" {
                return isNew ? CannedServer.reply(201, Self.workspace) : CannedServer.reply(409, "{}")
            }
            let number = count.withLock { count in
                count += 1
                return count
            }
            if let refusal = refusing(number) { return refusal }
            if request.target.hasSuffix("/realtime") {
                rung.signal()
                return CannedServer.reply(201, "{}")
            }
            let items = request.body.split(separator: 0x0A).count
            return CannedServer.reply(
                200, #"{"accepted":\#(items),"duplicates":0,"rejected":0,"items":[]}"#)
        }
    }

    private func player(_ server: CannedServer, token: @escaping @Sendable () -> String = { "t" }) -> DemoPlayer {
        DemoPlayer(
            address: .unix(path: server.path), controlSocketPath: server.path, log: .discarded,
            clock: { Self.noon }, token: token)
    }

    private func play(_ player: DemoPlayer, until rung: DispatchSemaphore, rings: Int = 1) async {
        await onOwnThread {
            player.start()
            for _ in 0..<rings { rung.wait() }
            player.stop()
        }
    }

    @Test func `a new workspace gets its opening, its past and its present`() async throws {
        let rung = DispatchSemaphore(value: 0)
        let server = try server(isNew: true, rung: rung)
        defer { server.stop() }
        let player = player(server)

        await play(player, until: rung, rings: 2)

        let requests = server.requests
        let batches = requests.filter { $0.target == "/api/workspaces/harbor/events" }
        let items = batches.flatMap { $0.body.split(separator: 0x0A) }
        #expect(requests.first?.body == Array(#"{"slug":"harbor","tz":"Europe/Amsterdam"}"#.utf8))
        #expect(items.first?.contains(Array(#""eventId":"demo-opening-1""#.utf8)) == true)
        #expect(items.count > 4_000)
        #expect(batches.allSatisfy { $0.body.split(separator: 0x0A).count <= 1_000 })
        let ids = try items.map { try #require(try JSONDocument(scanning: Array($0)).root["eventId"]?.string) }
        #expect(Set(ids).count == ids.count)
        #expect(requests.last?.target == "/api/workspaces/harbor/analytics/realtime")
        #expect(requests.last?.head.contains("Authorization: Bearer t") == true)
    }

    @Test func `a workspace that was there gets no past`() async throws {
        let rung = DispatchSemaphore(value: 0)
        let server = try server(isNew: false, rung: rung)
        defer { server.stop() }
        let player = player(server)

        await play(player, until: rung)

        let batches = server.requests.filter { $0.target == "/api/workspaces/harbor/events" }
        #expect(batches.count == 1)
        #expect(batches[0].body.split(separator: 0x0A).allSatisfy { $0.contains(Array("demo-opening-".utf8)) })
    }

    @Test func `refusals are tried again, with a new token where the old one counts no more`() async throws {
        let rung = DispatchSemaphore(value: 0)
        let server = try server(isNew: false, rung: rung) { number in
            number == 1 ? CannedServer.reply(401, "{}") : nil
        }
        defer { server.stop() }
        let made = Mutex(0)
        let player = player(server) {
            made.withLock { count in
                count += 1
                return "t\(count)"
            }
        }

        await play(player, until: rung)

        let bearers = server.requests.filter { $0.target.hasPrefix("/api/") }.map { request in
            request.head.contains("Bearer t1") ? 1 : 2
        }
        #expect(bearers.prefix(2) == [1, 2])
    }

    @Test func `it ends at once where nobody answers`() {
        let player = DemoPlayer(
            address: .v4(0x7F00_0001, port: 1), controlSocketPath: "/tmp/tideline-nobody.sock", log: .discarded,
            token: { "t" })

        player.start()
        player.stop()
    }

    @Test func `every event of the demo is accepted as it is posted`() throws {
        let reader = ServiceConfiguration().draftReader
        let poster = Principal(user: UserID(validated: "demo"), role: .admin)
        var scenario = DemoScenario(seed: 7, startingAt: Self.noon - DemoScenario.historyLength)
        let events =
            scenario.opening() + scenario.history(until: Self.noon) + (0..<5_000).map { _ in scenario.next().event }

        for event in events {
            do {
                let draft = try reader.read(event.body, as: poster)
                #expect(draft.user.text == event.user && draft.type.text == event.type)
            } catch {
                Issue.record("\(error): \(String(decoding: event.body, as: UTF8.self))")
            }
        }
    }
}
