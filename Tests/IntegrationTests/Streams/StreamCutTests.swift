import ServerSentEvents
import Testing

/// Cuts a stream at every byte of what it opens with, and resumes each time from what a client has dispatched by then.
@Suite(.serialized) struct StreamCutTests {
    /// What a client knows after the first `count` bytes of the body (as it was framed on the wire).
    private struct Cut: Sendable {
        let position: String
        let ticks: [Int]
        let isReset: Bool
    }

    /// Opens a stream, takes exactly `count` bytes of its body, breaks the connection.
    private func cut(_ scene: StreamScene, after count: Int, from position: String) async throws -> Cut {
        let connection = try await open(scene, from: position)
        let bytes = try await connection.read(exactly: count)
        connection.reset()
        return try dispatched(bytes, from: position)
    }

    private func open(_ scene: StreamScene, from position: String) async throws -> RawConnection {
        let connection = try await scene.server.connect()
        let fields = position.isEmpty ? [:] : ["Last-Event-ID": position]
        let request = HTTPTestClient.request(
            "GET", scene.path + "?stats=off", host: "localhost", token: scene.token("ana"),
            fields.merging(["Accept": "text/event-stream"]) { $1 })
        try await connection.send(request)
        _ = try await HTTPReply.head(from: connection, within: .seconds(10))
        return connection
    }

    private func dispatched(_ bytes: [UInt8], from position: String) throws -> Cut {
        var chunks = ChunkDecoder()
        var parser = EventStreamParser(lastEventID: position)
        let events = try parser.receive(chunks.receive(bytes))
        return Cut(
            position: parser.lastEventID, ticks: events.compactMap { $0.json["eventData"]["n"].int },
            isReset: events.contains { $0.type == "reset" })
    }

    /// How many bytes of body come before tick `last` is complete.
    private func length(_ scene: StreamScene, from position: String, isEnough: (Cut) -> Bool) async throws -> Int {
        let connection = try await open(scene, from: position)
        defer { connection.reset() }
        var bytes: [UInt8] = []
        while !isEnough(try dispatched(bytes, from: position)) { bytes += try await connection.read() }
        return bytes.count
    }

    /// Runs `check` for each number of bytes, a few at a time.
    private func forEachCut(_ count: Int, _ check: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for bytes in 1...count {
                if bytes > 4 { try await group.next() }
                group.addTask { try await check(bytes) }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a replay cut at every byte is resumed without a gap and without a duplicate`() async throws {
        let scene = try await StreamScene.start()
        let start = try await scene.head()
        try await scene.postTicks(1...2)
        let whole = try await length(scene, from: start) { $0.ticks == [1, 2] }

        try await forEachCut(whole) { count in
            let cut = try await self.cut(scene, after: count, from: start)
            let rest = try await scene.stream("ana", query: "stats=off", lastEventID: cut.position)
            _ = try await rest.next("connected")
            if cut.ticks.last != 2 { try await rest.ticks(through: 2) }

            #expect(cut.ticks + rest.ticks == [1, 2], "cut after \(count) bytes, at \(cut.position)")
            #expect(!rest.events.contains { $0.type == "reset" })
        }
    }

    @Test func `a reset cut at every byte comes again, or the client goes on behind it`() async throws {
        let scene = try await StreamScene.start()
        let foreign = "abcdefghij-7"
        let head = try #require(try await scene.postTicks(1...1).last)
        let whole = try await length(scene, from: foreign) { $0.isReset }

        try await forEachCut(whole) { count in
            let cut = try await self.cut(scene, after: count, from: foreign)
            let again = try await self.length(scene, from: cut.position) { $0.isReset || cut.isReset }

            #expect(cut.position == (cut.isReset ? head : foreign), "cut after \(count) bytes")
            #expect(cut.isReset == (again == 0))
        }
        // A client that has seen the reset goes on exactly.
        let rest = try await scene.stream("ana", query: "stats=off", lastEventID: head)
        try await scene.postTicks(2...2)
        #expect(try await rest.ticks(through: 2) == [2])
    }

    @Test func `a fresh opening cut at every byte is resumed exactly, or begins anew`() async throws {
        let scene = try await StreamScene.start()
        let head = try await scene.head()
        let whole = try await length(scene, from: "") { !$0.position.isEmpty }

        try await forEachCut(whole) { count in
            let cut = try await self.cut(scene, after: count, from: "")

            #expect(cut.position.isEmpty || cut.position == head, "cut after \(count) bytes")
        }
        try await scene.postTicks(1...1)
        let rest = try await scene.stream("ana", query: "stats=off", lastEventID: head)
        #expect(try await rest.ticks(through: 1) == [1])
        #expect(rest.logged.count == 1)
    }
}
