import Foundation
import Testing
import TidelineClient

/// Falling back to polls and returning to streams.
struct FeedMachinePollTests {
    /// A stage whose streams have failed three times and whose first poll has been asked for.
    private static func fallen(
        position: String? = nil, _ configure: (inout ClientConfiguration, inout FeedOptions) -> Void = { _, _ in }
    ) throws -> Stage {
        var stage = try Stage.connecting {
            $1.lastEventID = position
            configure(&$0, &$1)
        }
        for _ in 1...3 {
            stage.end(Broken())
            if stage.requests.count < 4 { stage.pass(.seconds(2)) }
        }
        return stage
    }

    private static func path(_ request: TransportRequest?) -> String {
        request?.url.absoluteString.replacing("http://gate.test/base/api/workspaces/acme", with: "") ?? ""
    }

    @Test func `after three failed streams it polls: figures, then the log from the last id`() throws {
        var stage = try Self.fallen(position: "e-4")

        #expect(Self.path(stage.lastRequest) == "/analytics/realtime")
        #expect(stage.lastRequest?.headers["Accept"] == "application/json")
        #expect(stage.lastRequest?.headers["Last-Event-ID"] == nil)
        stage.answer(200, Wire.json.merging(["ETag": "W/\"7\""]) { $1 }, Wire.snapshot(head: 6))
        #expect(Self.path(stage.lastRequest) == "/events?after=e-4&limit=200")
        stage.answer(200, Wire.json, Wire.page([5, 6], next: 6, head: 6))

        #expect(stage.events.map(\.brief) == ["stats", "5", "6"] && stage.position == "e-6")
        #expect(stage.state == .polling && stage.open.isEmpty)
    }

    @Test func `polls follow each other by the interval, with the entity tag`() throws {
        var stage = try Self.fallen(position: "e-4")
        stage.answer(200, Wire.json.merging(["ETag": "W/\"7\""]) { $1 }, Wire.snapshot(head: 4))
        stage.answer(200, Wire.json, Wire.page([], next: 4, head: 4))
        let before = stage.requests.count

        stage.pass(.milliseconds(4_999))
        #expect(stage.requests.count == before)
        stage.pass(.milliseconds(1))
        #expect(stage.lastRequest?.headers["If-None-Match"] == "W/\"7\"")
        stage.answer(304)
        stage.answer(200, Wire.json, Wire.page([5], next: 5, head: 5))

        #expect(stage.events.map(\.brief) == ["stats", "5"])
    }

    @Test func `figures of a stream outdate the entity tag`() throws {
        var stage = try Self.fallen(position: "e-4")
        while stage.lastRequest?.headers["Accept"] == "application/json" {
            stage.answer(200, Wire.json.merging(["ETag": "W/\"7\""]) { $1 }, Wire.snapshot(head: 4))
            stage.answer(200, Wire.json, Wire.page([], next: 4, head: 4))
            stage.pass(.seconds(5))
        }
        stage.stream(Wire.connected() + Wire.stats)
        while stage.lastRequest?.headers["Accept"] != "application/json" {
            stage.end(Broken())
            stage.pass(.seconds(30))
        }

        #expect(stage.lastRequest?.headers["If-None-Match"] == nil)
    }

    @Test func `a poll without a position begins at the head`() throws {
        var stage = try Self.fallen()

        stage.answer(200, Wire.json, Wire.snapshot(head: 6))

        #expect(stage.position == "e-6" && stage.open.isEmpty && stage.state == .polling)
    }

    @Test func `a long log is read page by page`() throws {
        var stage = try Self.fallen(position: "e-0")
        stage.answer(200, Wire.json, Wire.snapshot(head: 4))

        stage.answer(200, Wire.json, Wire.page([1, 2], next: 2, head: 4))
        stage.answer(200, Wire.json, Wire.page([], next: 3, head: 4))
        stage.answer(200, Wire.json, Wire.page([4], next: 4, head: 4))

        #expect(stage.events.map(\.brief) == ["stats", "1", "2", "4"] && stage.open.isEmpty)
    }

    @Test func `the log is asked for the wanted types, and not at all without events`() throws {
        var typed = try Self.fallen(position: "e-4") { $1.types = ["task.*"] }
        var figures = try Self.fallen(position: "e-4") { $1.includesEvents = false }

        typed.answer(200, Wire.json, Wire.snapshot(head: 4))
        figures.answer(200, Wire.json, Wire.snapshot(head: 4))

        #expect(Self.path(typed.lastRequest) == "/events?after=e-4&limit=200&types=task.*")
        #expect(figures.open.isEmpty && figures.state == .polling)
    }

    @Test func `without figures a poll is the log alone`() throws {
        let stage = try Self.fallen(position: "e-4") { $1.includesStats = false }

        #expect(Self.path(stage.lastRequest) == "/events?after=e-4&limit=200")
    }

    @Test func `it returns to a stream from the position of the log`() throws {
        var stage = try Self.fallen(position: "e-4")
        var polls = 0
        while stage.lastRequest?.headers["Accept"] == "application/json" {
            stage.answer(200, Wire.json, Wire.snapshot(head: 5))
            stage.answer(200, Wire.json, Wire.page(polls == 0 ? [5] : [], next: 5, head: 5))
            polls += 1
            stage.pass(.seconds(5))
        }

        // Half to all of 60 s, drawn in the middle.
        #expect(polls == 9 && stage.open.count == 1)
        #expect(stage.lastRequest?.headers["Last-Event-ID"] == "e-5" && stage.state == .polling)
        stage.stream(Wire.connected() + Wire.event(6))
        #expect(stage.state == .open && stage.events.map(\.brief).suffix(2) == ["connected", "6"])
        stage.end(Broken())
        #expect(stage.state.attempt == 1)
    }

    @Test func `a stream that still fails leaves the feed polling, at once`() throws {
        var stage = try Self.fallen(position: "e-4")
        while stage.lastRequest?.headers["Accept"] == "application/json" {
            stage.answer(200, Wire.json, Wire.snapshot(head: 4))
            stage.answer(200, Wire.json, Wire.page([], next: 4, head: 4))
            stage.pass(.seconds(5))
        }
        let before = stage.states

        stage.answer(503, ["Retry-After": "600"])

        #expect(stage.lastRequest?.headers["Accept"] == "application/json" && stage.open.count == 1)
        #expect(stage.states == before)
    }

    @Test func `a server that is away for polls too is waited for, and then asked for a stream`() throws {
        var stage = try Self.fallen(position: "e-4")

        stage.end(Broken())

        #expect(stage.state.attempt == 3 && !stage.states.contains(.polling))
        stage.pass(.seconds(4))
        #expect(stage.lastRequest?.headers["Accept"] == "text/event-stream")
        stage.stream(Wire.connected() + Wire.stats)
        #expect(stage.state == .open)
    }

    @Test func `a poll that fails later is waited for, and polled again`() throws {
        var stage = try Self.fallen(position: "e-4")
        stage.answer(200, Wire.json, Wire.snapshot(head: 4))
        stage.answer(200, Wire.json, Wire.page([], next: 4, head: 4))
        stage.pass(.seconds(5))

        stage.answer(429, ["Retry-After": "9"])

        #expect(stage.state.delay == .seconds(9) && stage.state.failure?.status == 429)
        stage.pass(.seconds(9))
        #expect(Self.path(stage.lastRequest) == "/analytics/realtime")
        #expect(stage.lastRequest?.headers["Accept"] == "application/json")
    }

    @Test(arguments: [410, 422, 400]) func `a position that the log does not hold becomes a reset to the head`(
        status: Int
    )
        throws
    {
        var stage = try Self.fallen(position: "e-4")
        stage.answer(200, Wire.json, Wire.snapshot(head: 50))

        stage.answer(status)
        #expect(Self.path(stage.lastRequest) == "/analytics/realtime")
        stage.answer(200, Wire.json, Wire.snapshot(head: 60))

        #expect(stage.events.map(\.brief) == ["stats", status == 410 ? "reset pruned" : "reset ahead", "stats"])
        #expect(Self.path(stage.lastRequest) == "/events?after=e-60&limit=200" && stage.position == "e-60")
        stage.answer(status)
        #expect(stage.state.failure?.status == status)
    }

    @Test(arguments: [403, 404]) func `a poll that is refused is the end`(status: Int) throws {
        var stage = try Self.fallen()

        stage.answer(status)

        #expect(stage.state.failure?.status == status && stage.finished.count == 1)
    }

    @Test func `401 asks a poll's token to be refreshed once`() throws {
        var stage = try Self.fallen(position: "e-4")
        let token = stage.lastRequest?.headers["Authorization"]?.dropFirst(7)

        stage.answer(401)
        #expect(stage.refreshes.last.flatMap(\.self) == token.map(String.init))
        stage.answer(401)

        #expect(stage.state.failure?.code == .unauthorized)
    }

    @Test(arguments: ["<h1>Welcome</h1>", "{}", #"{"data":{}}"#])
    func `an answer that is no snapshot is a failure`(body: String) throws {
        var stage = try Self.fallen()

        stage.answer(200, Wire.json, body)

        #expect(stage.state.failure?.code == .malformed && stage.state.failure?.body == body)
    }

    @Test func `figures and events that do not decode are delivered as such`() throws {
        var stage = try Self.fallen(position: "e-4")

        stage.answer(200, Wire.json, #"{"data":{"a":1},"meta":{"lastEventId":"e-6"}}"#)
        stage.answer(
            200, Wire.json, #"{"events":[{"id":"e-5","odd":true},\#(Wire.envelope(6))],"next":"e-6","head":"e-6"}"#)

        #expect(stage.events.map(\.brief) == ["unknown stats", "unknown event", "6"])
        guard case .event(_, let id, _) = stage.delivered[1] else { return }
        #expect(id == "e-5")
    }

    @Test func `mute streams count, also when they last`() throws {
        var stage = try Stage.connecting { configuration, _ in configuration.idleTimeout = .seconds(20) }

        for _ in 1...3 {
            stage.stream(": a proxy lets the first bytes through\n\n")
            stage.pass(.seconds(22))
        }

        #expect(stage.lastRequest?.headers["Accept"] == "application/json")
    }

    @Test func `a stream that works and then breaks says nothing against streams`() throws {
        var stage = try Stage.connecting()

        for _ in 1...10 {
            stage.stream(Wire.connected() + Wire.stats)
            stage.end(Broken())
            stage.pass(.seconds(1))
        }

        #expect(stage.requests.allSatisfy { $0.headers["Accept"] == "text/event-stream" })
    }

    @Test func `a feed that only polls never streams`() throws {
        var stage = try Stage.connecting {
            $1.pollsOnly = true
            $1.pollInterval = .seconds(1)
        }
        #expect(stage.states == [.connecting])

        for _ in 1...200 {
            stage.answer(200, Wire.json, Wire.snapshot(head: 6))
            if stage.open.count == 1 { stage.answer(200, Wire.json, Wire.page([], next: 6, head: 6)) }
            stage.pass(.seconds(1))
        }

        #expect(stage.requests.allSatisfy { $0.headers["Accept"] == "application/json" })
        #expect(stage.states == [.connecting, .polling])
    }

    @Test func `who goes on from now while polling gets the position of a whole snapshot`() throws {
        var stage = try Stage.connecting { $1.pollsOnly = true }
        stage.answer(200, Wire.json.merging(["ETag": "W/\"7\""]) { $1 }, Wire.snapshot(head: 4))

        stage.send(.seek(""))
        #expect(stage.lastRequest?.headers["If-None-Match"] == nil)
        stage.answer(200, Wire.json, Wire.snapshot(head: 4))

        #expect(stage.position == "e-4")
    }

    @Test func `a full buffer stops polling, and the drained one goes on`() throws {
        var stage = try Self.fallen(position: "e-0")
        stage.answer(200, Wire.json, Wire.snapshot(head: 9))
        stage.answer(200, Wire.json, Wire.page([1, 2], next: 2, head: 9))

        stage.send(.bufferFull)
        #expect(stage.open.isEmpty && stage.state.delay == .zero)
        stage.send(.bufferDrained)

        #expect(Self.path(stage.lastRequest) == "/events?after=e-2&limit=200")
    }
}
