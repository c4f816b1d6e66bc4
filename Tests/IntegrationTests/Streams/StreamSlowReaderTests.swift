import Testing

/// A reader that does not read costs itself its stream, and nobody else anything.
@Suite(.serialized) struct StreamSlowReaderTests {
    private static let settings = [
        "TIDELINE_LOG_LEVEL": "debug", "TIDELINE_STREAMS_SEND_BUFFER": "4KiB",
        "TIDELINE_STREAMS_OUTBOX_BYTES": "64KiB",
    ]

    private func slowConsumer(_ scene: StreamScene) async throws -> TestJSON {
        try await scene.server.logLine(within: .seconds(20)) {
            $0["message"].string == "stream closed" && $0["reason"].string == "slow_consumer"
        }
    }

    @Test func `S4-13 · a reader too far behind is closed at a frame's end and resumes without loss`() async throws {
        let scene = try await StreamScene.start(Self.settings)
        let good = try await scene.streams(1, "bo", query: "stats=off")[0]
        let slow = try await scene.stream(
            "ana", query: "stats=off", receiveBuffer: 32_768, isReading: false)

        async let posting: Void = {
            for first in stride(from: 1, through: 181, by: 20) {
                try await scene.postTicks(first...first + 19, bytes: 2_000)
            }
        }()
        // It has two seconds to take its last words.
        let line = try await slowConsumer(scene)
        slow.startReading()
        let closing = try await slow.closing()
        try await posting
        let rest = try await scene.stream("ana", query: "stats=off", lastEventID: slow.lastEventID)
        if slow.ticks.last != 200 { try await rest.ticks(through: 200) }

        #expect(line["user"].string == "ana" && closing["reason"].string == "slow_consumer")
        #expect(try await good.ticks(through: 200) == Array(1...200) && good.end == nil)
        #expect(slow.ticks.count < 200)
        #expect(slow.ticks + rest.ticks == Array(1...200))
    }

    @Test func `S4-13 · a reader that takes nothing for the stall time-out is cut, without lagging far`() async throws {
        let scene = try await StreamScene.start(
            Self.settings.merging(
                ["TIDELINE_STREAMS_STALL_TIMEOUT": "1s", "TIDELINE_STREAMS_OUTBOX_BYTES": "64MiB"]) { $1 })
        let good = try await scene.streams(1, "bo", query: "stats=off")[0]
        let mute = try await scene.stream("ana", query: "stats=off", receiveBuffer: 2_048, isReading: false)

        try await scene.postTicks(1...40, bytes: 2_000)
        let line = try await slowConsumer(scene)
        let afterwards = try await scene.post(StreamScene.tick(41), by: scene.client("bo"))

        #expect(line["user"].string == "ana")
        // It is out of the registry with its last words, whether or not it ever takes them.
        #expect(afterwards["notified"].int == 1)
        #expect(try await good.ticks(through: 41) == Array(1...41))
        mute.startReading()
        let end = try await mute.waitEnd()
        #expect(end == .clean || end == .reset)
    }

    @Test func `S4-13 · one that reads slowly but steadily is not cut, and misses nothing`() async throws {
        let scene = try await StreamScene.start(
            Self.settings.merging(["TIDELINE_STREAMS_OUTBOX_BYTES": "64MiB"]) { $1 })
        let connection = try await scene.server.connect(receiveBuffer: 8_192)
        let request = HTTPTestClient.request(
            "GET", scene.path + "?stats=off", host: "localhost", token: scene.token("ana"),
            ["Accept": "text/event-stream"])
        try await connection.send(request)
        _ = try await HTTPReply.head(from: connection, within: .seconds(10))

        try await scene.postTicks(1...100, bytes: 2_000)
        var decoder = ChunkDecoder()
        var body: [UInt8] = []
        while !String(decoding: body.suffix(2_400), as: UTF8.self).contains(#""n":100,"#) {
            let bytes = try await connection.read(atMost: 700)
            if bytes.isEmpty { break }
            body += try decoder.receive(bytes)
        }

        let text = String(decoding: body, as: UTF8.self)
        let numbers = text.matches(of: /"n":(\d+),/).compactMap { Int($0.1) }
        #expect(numbers == Array(1...100))
        #expect(!text.contains("closing"))
    }

    @Test func `S4-13 · a sweep every second leaves healthy streams alone`() async throws {
        let scene = try await StreamScene.start(
            ["TIDELINE_STREAMS_CLEANUP_INTERVAL": "1s", "TIDELINE_STREAMS_HEARTBEAT": "1s"])
        let streams = try await scene.streams(4, "ana")

        for stream in streams { for _ in 0..<3 { _ = try await stream.next("ping") } }
        try await scene.postTicks(1...1)

        for stream in streams { #expect(try await stream.ticks(through: 1) == [1] && stream.end == nil) }
    }

    @Test func `S4-13 · clients that vanish leave the registry`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug", "TIDELINE_SERVER_LOOPS": "2"])
        let streams = try await scene.streams(20, "ana")
        let stays = try await scene.streams(1, "bo")[0]

        for (index, stream) in streams.enumerated() {
            if index.isMultiple(of: 2) { stream.reset() } else { stream.close() }
        }
        for stream in streams {
            let id = stream.events.first?.json["connectionId"]
            _ = try await scene.server.logLine { $0["message"].string == "stream closed" && $0["connection"] == id }
        }
        let posted = try await scene.post(StreamScene.tick(1), by: scene.client("bo"))

        #expect(posted["notified"].int == 1)
        #expect(try await stays.ticks(through: 1) == [1])
        #expect(try await scene.snapshot()["data"]["onlineUsers"].int ?? 0 <= 3)
    }
}
