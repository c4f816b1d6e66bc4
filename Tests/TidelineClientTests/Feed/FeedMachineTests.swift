import Foundation
import Testing
import TidelineClient

/// Connecting, reconnecting and ending, by calling the machine.
struct FeedMachineTests {
    // MARK: The request

    @Test func `a fresh stream is asked for with token, type and filters, and without a position`() throws {
        let stage = try Stage.connecting {
            $0.headers = ["X-Team": "blue"]
            $1.types = ["message.*", "task.completed"]
            $1.includesStats = false
        }

        let request = try #require(stage.lastRequest)
        #expect(
            request.url.absoluteString
                == "http://gate.test/base/api/workspaces/acme/analytics/realtime?types=message.*,task.completed&stats=off"
        )
        #expect(request.method == "GET" && request.headers["Accept"] == "text/event-stream")
        #expect(request.headers["Authorization"] == "Bearer t1" && request.headers["X-Team"] == "blue")
        #expect(request.headers["Last-Event-ID"] == nil)
        #expect(stage.states == [.connecting])
    }

    @Test func `a stream goes on after the position it was given`() throws {
        let stage = try Stage.connecting { $1.lastEventID = "e-41" }

        #expect(stage.lastRequest?.headers["Last-Event-ID"] == "e-41")
    }

    @Test func `the next attempt asks for a new token and sends the last id`() throws {
        var stage = try Stage.open()
        stage.bytes(Wire.event(2) + Wire.event(3) + "id: e-9\n\n")

        stage.end(Broken())
        stage.pass(.seconds(1))

        #expect(stage.requests.count == 2 && stage.refreshes == [nil, nil])
        #expect(stage.lastRequest?.headers["Authorization"] == "Bearer t2")
        #expect(stage.lastRequest?.headers["Last-Event-ID"] == "e-9")
    }

    // MARK: Positions

    @Test func `an id alone moves the position and delivers nothing`() throws {
        var stage = try Stage.open()
        let before = stage.events.count

        stage.bytes("id: e-7\n\n")

        #expect(stage.position == "e-7" && stage.events.count == before)
        #expect(stage.delivered.last == .position("e-7"))
    }

    @Test func `a resumed stream says connected without an id, and the position stays`() throws {
        var stage = try Stage.connecting { $1.lastEventID = "e-41" }

        stage.stream(Wire.connected())

        #expect(stage.position == "e-41")
    }

    @Test func `a stream cut at any byte resumes behind the last whole event`() throws {
        let text = Wire.connected(retry: 700) + Wire.event(42) + Wire.event(43)
        for cut in 0...text.utf8.count {
            var stage = try Stage.connecting { $1.lastEventID = "e-41" }
            stage.receive(.response(TransportHead(status: 200, headers: Wire.eventStream)))
            if cut > 0 { stage.receive(.bytes(Array(text.utf8.prefix(cut)))) }
            stage.end(Broken())

            let last = stage.events.compactMap { if case .event(let event) = $0 { event.id } else { nil } }.last
            #expect(stage.position == last ?? "e-41")
        }
    }

    @Test func `reset moves the position to the head`() throws {
        var stage = try Stage.connecting { $1.lastEventID = "e-4" }

        stage.stream(Wire.connected() + Wire.reset(head: 90))

        #expect(stage.position == "e-90" && stage.events.map(\.brief) == ["connected", "reset too_far"])
    }

    @Test func `another position reconnects at once`() throws {
        var stage = try Stage.open()

        stage.send(.seek("e-3"))

        #expect(stage.requests.count == 2 && stage.cancelled.count == 1)
        #expect(stage.lastRequest?.headers["Last-Event-ID"] == "e-3")
    }

    // MARK: Waiting

    @Test func `failures wait longer and longer, with full jitter`() throws {
        var stage = try Stage.connecting { configuration, _ in configuration.pollAfterFailures = nil }
        var delays: [Duration] = []
        for _ in 1...7 {
            stage.end(Broken())
            delays.append(try #require(stage.state.delay))
            stage.pass(delays[delays.count - 1])
        }

        #expect(
            delays == [
                .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(15), .seconds(15),
            ])
        #expect(stage.requests.count == 8)
    }

    @Test func `retry is the base of the delay, on later streams too`() throws {
        var stage = try Stage.connecting()
        stage.stream(Wire.connected(retry: 4_000) + Wire.stats)

        stage.end()

        #expect(stage.state == .waiting(attempt: 1, delay: .seconds(2), cause: .ended))
        stage.pass(.seconds(2))
        stage.end(Broken())
        #expect(stage.state.delay == .seconds(4))
    }

    @Test(arguments: [(0, 50), (5, 50), (86_400_000, 15_000)]) func `retry is brought into range`(told: Int, delay: Int)
        throws
    {
        var stage = try Stage.connecting()

        stage.stream(Wire.connected(retry: told) + Wire.stats)
        stage.end()

        #expect(stage.state.delay == .milliseconds(delay))
    }

    @Test func `closing is waited for in full, without jitter, and the stream is closed at once`() throws {
        var stage = try Stage.open(chance: 0.1)
        stage.bytes(Wire.stats)

        stage.bytes(Wire.closing("max_age", 2_711) + Wire.event(5))

        #expect(stage.state == .waiting(attempt: 1, delay: .milliseconds(2_711), cause: .closing(reason: "max_age")))
        #expect(stage.cancelled.count == 1 && stage.open.isEmpty)
        #expect(stage.events.last?.brief == "closing max_age" && stage.position == "e-1")
        stage.pass(.milliseconds(2_710))
        #expect(stage.requests.count == 1)
        stage.pass(.milliseconds(1))
        #expect(stage.requests.count == 2)
    }

    @Test func `what a server asks for is clamped`() throws {
        var stage = try Stage.open()

        stage.bytes(Wire.closing("admin", 86_400_000))

        #expect(stage.state.delay == .seconds(900))
    }

    @Test func `a server that asks for no delay is not taken at its word`() throws {
        var closing = try Stage.open(chance: 0)
        closing.bytes(Wire.stats)
        var refusing = try Stage.connecting(chance: 0)

        closing.bytes(Wire.closing("max_age", 0))
        refusing.answer(503, ["Retry-After": "0"])

        #expect(closing.state.delay == .milliseconds(100) && refusing.state.delay == .milliseconds(100))
    }

    @Test func `a position with a line end stays within its field`() throws {
        let stage = try Stage.connecting { $1.lastEventID = " e-1\r\nEvil: 1" }

        #expect(stage.lastRequest?.headers["Last-Event-ID"] == "e-1Evil: 1")
    }

    @Test func `a reader that falls behind without getting further waits before the next stream`() throws {
        var stage = try Stage.open()
        var delays: [Duration] = []
        for _ in 1...4 {
            stage.send(.bufferFull)
            stage.send(.bufferDrained)
            delays.append(stage.state.delay ?? .zero)
            stage.pass(.seconds(5))
            stage.stream(Wire.connected())
        }
        stage.bytes(Wire.event(2))
        stage.send(.bufferFull)
        stage.send(.bufferDrained)

        #expect(delays == [.zero, .milliseconds(500), .seconds(1), .seconds(2)])
        #expect(stage.state == .connecting && stage.open.count == 1)
    }

    @Test func `Retry-After is waited for in full, without jitter`() throws {
        var stage = try Stage.connecting(chance: 0.1)

        stage.answer(503, ["Retry-After": "17"], #"{"code":"capacity"}"#)

        #expect(stage.state.delay == .seconds(17))
        #expect(stage.state.failure?.status == 503 && stage.state.failure?.problem == "capacity")
    }

    @Test func `reconnect connects at once and counts anew`() throws {
        var stage = try Stage.connecting { configuration, _ in configuration.pollAfterFailures = nil }
        for _ in 1...4 {
            stage.end(Broken())
            stage.pass(stage.state.delay ?? .zero)
        }
        stage.end(Broken())

        stage.send(.reconnect)

        #expect(stage.state == .connecting && stage.requests.count == 6)
        stage.end(Broken())
        #expect(stage.state.attempt == 1)
    }

    // MARK: What counts as success

    @Test(arguments: [
        ("connected alone", Wire.connected(), 2), ("connected and reset", Wire.connected() + Wire.reset(head: 3), 2),
        ("only a comment", ": hello\n\n", 2), ("figures", Wire.connected() + Wire.stats, 1),
        ("an event", Wire.connected() + Wire.event(7), 1), ("a ping", Wire.connected() + Wire.ping, 1),
        ("an unknown type", "event: new\ndata: x\n\n", 1),
    ])
    func `only a stream that brings something resets the attempts`(name: String, text: String, attempt: Int) throws {
        var stage = try Stage.connecting()
        stage.end(Broken())
        stage.pass(.seconds(1))

        stage.stream(text)
        stage.end()

        #expect(stage.state.attempt == attempt)
    }

    @Test func `a stream that stays open for ten seconds resets the attempts too`() throws {
        var stage = try Stage.connecting()
        stage.end(Broken())
        stage.pass(.seconds(1))
        stage.stream(Wire.connected())

        stage.pass(.milliseconds(9_999))
        var early = stage
        early.end()
        stage.pass(.milliseconds(1))
        stage.end()

        #expect(early.state.attempt == 2 && stage.state.attempt == 1)
    }

    @Test func `closing at once does not reset the attempts`() throws {
        var stage = try Stage.connecting()
        stage.end(Broken())
        stage.pass(.seconds(1))

        stage.stream(Wire.closing("capacity", 3_000))

        #expect(stage.state == .waiting(attempt: 2, delay: .seconds(3), cause: .closing(reason: "capacity")))
        #expect(!stage.states.contains(.open))
    }

    // MARK: Answers

    @Test(arguments: [400, 403, 404, 405, 406, 410, 421, 426, 431])
    func `what was asked wrongly is not asked again`(status: Int) throws {
        var stage = try Stage.connecting()

        stage.answer(status, ["X-Request-Id": "r-1"], #"{"code":"some_code"}"#)
        stage.pass(.seconds(3_600))

        let error = try #require(stage.state.failure)
        #expect(error.code == .refused && error.status == status && error.problem == "some_code")
        #expect(error.requestID == "r-1" && error.body == #"{"code":"some_code"}"#)
        #expect(stage.requests.count == 1 && stage.finished == [error] && stage.machine.nextDeadline == nil)
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 504, 507, 301, 206])
    func `what may pass is tried again`(status: Int) throws {
        var stage = try Stage.connecting()

        stage.answer(status, ["Content-Type": "text/html"], "<h1>Bad</h1>")
        stage.pass(.seconds(1))

        #expect(stage.states[1].failure?.status == status && stage.states[1].failure?.body == "<h1>Bad</h1>")
        #expect(stage.requests.count == 2 && stage.finished.isEmpty)
    }

    @Test func `204 ends it: closed by an administrator`() throws {
        var stage = try Stage.connecting()

        stage.answer(204)
        stage.pass(.seconds(3_600))

        #expect(stage.state == .closed(.administrator) && stage.requests.count == 1 && stage.finished == [nil])
        #expect(FeedState.Reason.administrator.description == "closed by an administrator")
    }

    @Test(arguments: ["text/html", "application/json", "text/event-stream-not", nil])
    func `another content type is an error that is tried again`(type: String?) throws {
        var stage = try Stage.connecting()

        stage.answer(200, type.map { ["content-type": $0] } ?? [:], "<h1>Welcome</h1>")

        #expect(stage.state.failure?.code == .unexpectedContentType && stage.state.failure?.body == "<h1>Welcome</h1>")
        #expect(stage.state.attempt == 1)
    }

    @Test(arguments: ["text/event-stream", "Text/Event-Stream;charset=utf-8", " text/event-stream ; x=y"])
    func `parameters and case of the content type do not matter`(type: String) throws {
        var stage = try Stage.connecting()

        stage.receive(.response(TransportHead(status: 200, headers: ["CONTENT-TYPE": type])))
        stage.bytes(Wire.connected())

        #expect(stage.state == .open)
    }

    @Test func `only the start of a refusal is read`() throws {
        var stage = try Stage.connecting()

        stage.receive(.response(TransportHead(status: 502)))
        stage.bytes(String(repeating: "x", count: 100_000))

        #expect(stage.state.failure?.body?.count == AnalyticsError.bodyLimit && stage.open.isEmpty)
    }

    @Test func `a refusal whose body does not end is not waited for`() throws {
        var stage = try Stage.connecting()

        stage.receive(.response(TransportHead(status: 502)))
        stage.bytes("half of")
        stage.pass(.seconds(2))

        #expect(stage.states[1].failure?.status == 502 && stage.states[1].failure?.body == "half of")
    }

    // MARK: Tokens

    @Test func `401 asks once for a fresh token, at once`() throws {
        var stage = try Stage.connecting()

        stage.answer(401)

        #expect(stage.refreshes == [nil, "t1"] && stage.requests.count == 2 && stage.states == [.connecting])
        #expect(stage.lastRequest?.headers["Authorization"] == "Bearer t2")
    }

    @Test func `401 with the fresh token is the end`() throws {
        var stage = try Stage.connecting()
        stage.answer(401)

        stage.answer(401, [:], #"{"code":"token_expired"}"#)

        #expect(stage.state.failure?.code == .unauthorized && stage.state.failure?.problem == "token_expired")
        #expect(stage.refreshes.count == 2 && stage.finished.count == 1)
    }

    @Test func `after a stream has opened, the next 401 may be mended again`() throws {
        var stage = try Stage.connecting()
        stage.answer(401)
        stage.stream(Wire.connected())
        stage.end()
        stage.pass(.seconds(1))

        stage.answer(401)

        #expect(stage.refreshes == [nil, "t1", nil, "t3"] && stage.open.count == 1)
    }

    @Test func `401 without a token provider is the end`() throws {
        var stage = try Stage.connecting { configuration, _ in configuration.token = nil }

        stage.answer(401)

        #expect(stage.state.failure?.code == .unauthorized && stage.requests.count == 1)
    }

    @Test func `a token that cannot be had is a failed attempt`() throws {
        var stage = try Stage()
        stage.givesTokens = false
        stage.send(.begin(position: ""))

        stage.refuseToken(Broken())

        #expect(stage.state.failure?.code == .token && stage.state.attempt == 1 && stage.requests.isEmpty)
    }

    @Test func `a token that does not come is a failed attempt, and is not used later`() throws {
        var stage = try Stage()
        stage.givesTokens = false
        stage.send(.begin(position: ""))

        stage.pass(.seconds(15))
        stage.giveToken("late")

        #expect(stage.state.failure?.code == .timedOut && stage.requests.isEmpty)
    }

    // MARK: Silence

    @Test func `a stream that does not begin in time has failed, head or not`() throws {
        var (mute, headed) = (try Stage.connecting(), try Stage.connecting())
        headed.receive(.response(TransportHead(status: 200, headers: Wire.eventStream)))

        mute.pass(.milliseconds(14_999))
        headed.pass(.milliseconds(14_999))
        #expect(mute.state == .connecting && headed.state == .connecting)
        mute.pass(.milliseconds(1))
        headed.pass(.milliseconds(1))

        #expect(mute.state.failure?.code == .timedOut && headed.state.failure?.code == .timedOut)
        #expect(mute.open.isEmpty && headed.open.isEmpty)
    }

    @Test(arguments: [(1_000, 2_500), (30_000, 75_000), (0, 75_000), (10, 1_000)])
    func `a stream that goes silent for two and a half heartbeats is dead`(heartbeat: Int, timeout: Int) throws {
        var stage = try Stage.connecting()
        stage.stream(Wire.connected(heartbeat: heartbeat))

        stage.pass(.milliseconds(timeout - 1))
        #expect(stage.state == .open)
        stage.pass(.milliseconds(1))

        #expect(stage.state.failure?.code == .timedOut && stage.open.isEmpty)
    }

    @Test func `any byte is a sign of life`() throws {
        var stage = try Stage.connecting { configuration, _ in configuration.idleTimeout = .seconds(3) }
        stage.stream(Wire.connected(heartbeat: 500_000))

        for byte in ": a comment, and half a line".utf8 {
            stage.pass(.milliseconds(2_999))
            stage.receive(.bytes([byte]))
        }

        #expect(stage.state == .open)
        stage.pass(.seconds(3))
        #expect(stage.state.failure?.code == .timedOut)
    }

    @Test func `a stream has no total limit`() throws {
        var stage = try Stage.open()

        for _ in 1...5_000 {
            stage.pass(.seconds(30))
            stage.bytes(Wire.ping)
        }

        #expect(stage.state == .open && stage.requests.count == 1)
    }

    // MARK: Giving up

    @Test func `after as many attempts as allowed it gives up with the last error`() throws {
        var stage = try Stage.connecting { $1.maxReconnectAttempts = 2 }
        for _ in 1...2 {
            stage.answer(500)
            stage.pass(.seconds(2))
        }

        stage.answer(502)

        let error = try #require(stage.state.failure)
        #expect(error.code == .gaveUp && (error.underlying as? AnalyticsError)?.status == 502)
        #expect(stage.requests.count == 3 && stage.machine.nextDeadline == nil)
    }

    @Test func `without autoReconnect the first failure is the end, and an orderly end is one without an error`() throws
    {
        var (failed, ended) = (try Stage.open { $1.autoReconnect = false }, try Stage.open { $1.autoReconnect = false })

        failed.end(Broken())
        ended.bytes(Wire.closing("max_age", 2_000))

        #expect(failed.state.failure?.code == .transport && failed.finished == [failed.state.failure])
        #expect(ended.state == .closed(.ended) && ended.finished == [nil])
    }

    @Test func `a stream that cannot be read is closed and tried again`() throws {
        var stage = try Stage.open()

        stage.bytes(Wire.event(2) + "data: " + String(repeating: "x", count: 2 << 20))

        #expect(stage.state.failure?.code == .malformed && stage.position == "e-2" && stage.open.isEmpty)
    }

    // MARK: One at a time

    @Test func `the next request waits until the last transfer has ended`() throws {
        var stage = try Stage.open()
        stage.endsCancelled = false
        let first = try #require(stage.open.first)

        stage.send(.reconnect)
        #expect(stage.cancelled == [first] && stage.requests.count == 1)
        stage.reportEnd(of: first)

        #expect(stage.requests.count == 2)
    }

    @Test func `a transfer whose end is never reported is not waited for longer than two seconds`() throws {
        var stage = try Stage.open()
        stage.endsCancelled = false
        stage.send(.reconnect)

        stage.pass(.milliseconds(1_999))
        #expect(stage.requests.count == 1)
        stage.pass(.milliseconds(1))

        #expect(stage.requests.count == 2)
    }

    @Test func `what an old transfer still brings is ignored`() throws {
        var stage = try Stage.open()
        stage.endsCancelled = false
        let first = try #require(stage.open.first)
        stage.send(.reconnect)
        let before = stage.delivered

        stage.send(.transport(attempt: first, .bytes(Array(Wire.event(2).utf8))))
        stage.send(.transport(attempt: first, .response(TransportHead(status: 204))))

        #expect(stage.delivered == before && stage.position == "e-1" && stage.state == .connecting)
    }

    @Test func `what a transfer without an end brings later is not taken for the next one's`() throws {
        var stage = try Stage.open()
        stage.endsCancelled = false
        let first = try #require(stage.open.first)
        stage.send(.reconnect)
        stage.pass(.seconds(2))
        stage.stream(Wire.connected())
        let before = stage.delivered

        stage.send(.transport(attempt: first, .bytes(Array(Wire.event(2).utf8))))
        stage.send(.transport(attempt: first, .ended(nil)))

        #expect(stage.delivered == before && stage.position == "e-1" && stage.state == .open)
    }

    // MARK: The end

    @Test func `the end closes the connection, and nothing happens after it`() throws {
        var stage = try Stage.open()
        let attempt = try #require(stage.open.first)
        stage.endsCancelled = false

        stage.send(.end)
        let states = stage.states
        stage.send(.transport(attempt: attempt, .bytes(Array(Wire.event(2).utf8))))
        stage.send(.transport(attempt: attempt, .ended(nil)))
        for input in [FeedMachine.Input.tick, .reconnect, .end, .bufferFull, .bufferDrained] { stage.send(input) }
        stage.pass(.seconds(3_600))

        #expect(stage.cancelled == [attempt] && stage.state == .closed(.disconnected) && stage.states == states)
        #expect(stage.events.map(\.brief) == ["connected"] && stage.requests.count == 1 && stage.finished == [nil])
    }

    @Test func `the end while a token is asked for or a delay runs leaves nothing behind`() throws {
        var asking = try Stage()
        asking.givesTokens = false
        asking.send(.begin(position: ""))
        var waiting = try Stage.connecting()
        waiting.end(Broken())

        asking.send(.end)
        asking.giveToken("late")
        waiting.send(.end)
        waiting.pass(.seconds(3_600))

        #expect(asking.requests.isEmpty && waiting.requests.count == 1)
        #expect(asking.machine.nextDeadline == nil && waiting.machine.nextDeadline == nil)
    }

    // MARK: A reader that is behind

    @Test func `a full buffer closes the stream, and a drained one resumes it behind the last event`() throws {
        var stage = try Stage.open()
        stage.bytes(Wire.event(2))

        stage.send(.bufferFull)
        stage.pass(.seconds(3_600))
        #expect(stage.state == .waiting(attempt: 0, delay: .zero, cause: .slowReader))
        #expect(stage.open.isEmpty && stage.requests.count == 1)
        stage.send(.bufferDrained)

        #expect(stage.state == .connecting && stage.lastRequest?.headers["Last-Event-ID"] == "e-2")
    }

    @Test func `no attempt begins while the buffer is full`() throws {
        var stage = try Stage.open()
        stage.end(Broken())
        stage.send(.bufferFull)

        stage.pass(.seconds(60))
        #expect(stage.requests.count == 1 && stage.state.delay == .zero)
        stage.send(.bufferDrained)

        #expect(stage.requests.count == 2)
    }
}
