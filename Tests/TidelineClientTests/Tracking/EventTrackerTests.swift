import Foundation
import Synchronization
import Testing
import TidelineClient

@Suite(.timeLimit(.minutes(1))) struct EventTrackerTests {
    private static let receipt =
        #"{"success":true,"message":"m","eventType":"a.b","notified":2,"eventId":"m-1","seq":7,"id":"e-7","receivedAt":"2026-01-31T12:00:00.000Z","timestamp":"2026-01-31T12:00:00.000Z"}"#

    @Test func `an event is posted with its session and an idempotency key`() async throws {
        let scene = try Scene()
        async let tracked = scene.client.trackEvent("a.b", ["n": 1], workspace: "ac/me")
        let post = await scene.transport.next()

        post.answer(200, Wire.json, Self.receipt)

        let event = try await tracked
        #expect(event.sequence == 7 && event.id == "e-7" && event.eventID == "m-1" && event.notified == 2)
        #expect(!event.isDuplicate && event.type == "a.b")
        #expect(post.request.method == "POST" && post.request.headers["Authorization"] == "Bearer t")
        #expect(post.request.url.absoluteString == "http://gate.test/api/workspaces/ac%2Fme/analytics/realtime")
        #expect(post.request.headers["Idempotency-Key"]?.count == 36)
        let body = String(decoding: post.request.body ?? [], as: UTF8.self)
        for part in [#""eventType":"a.b""#, #""eventData":{"n":1}"#, #""sessionId":"session_1""#] {
            #expect(body.contains(part))
        }
    }

    @Test func `what may pass is sent again under the same key`() async throws {
        let scene = try Scene {
            $0.random = { 0 }
            $0.requestTimeout = .seconds(3_600)
        }
        async let tracked = scene.client.trackEvent("a.b", workspace: "acme")
        var posts: [FakeTransport.Transfer] = []

        for failure in 0..<4 {
            let post = await scene.transport.next()
            posts.append(post)
            switch failure {
            case 0: post.end(Broken())
            case 1: post.answer(429)
            case 2: scene.clock.advance(by: .seconds(3_600))
            default: post.answer(503, ["Retry-After": "3"])
            }
        }
        let advancing = Task {
            while !Task.isCancelled {
                scene.clock.advance(by: .seconds(1))
                await Task.yield()
            }
        }
        posts.append(await scene.transport.next())
        advancing.cancel()
        posts[4].answer(200, Wire.json, Self.receipt)

        #expect(try await tracked.sequence == 7)
        #expect(Set(posts.map { $0.request.headers["Idempotency-Key"] }).count == 1)
        #expect(posts[2].isCancelled)
    }

    @Test func `a refusal is thrown with the server's answer`() async throws {
        let scene = try Scene()
        let tracked = Task { try await scene.client.trackEvent("a.b", workspace: "acme", idempotencyKey: "mine") }
        let post = await scene.transport.next()

        post.answer(409, Wire.json, #"{"code":"idempotency_conflict"}"#)

        let error = await #expect(throws: AnalyticsError.self) { try await tracked.value }
        #expect(error?.status == 409 && error?.problem == "idempotency_conflict")
        #expect(post.request.headers["Idempotency-Key"] == "mine")
    }

    @Test func `an answer that is no receipt is no success`() async throws {
        let scene = try Scene()
        let tracked = Task { try await scene.client.trackEvent("a.b", workspace: "acme") }

        await scene.transport.next().answer(200, ["Content-Type": "text/html"], "<h1>Welcome</h1>")

        let error = await #expect(throws: AnalyticsError.self) { try await tracked.value }
        #expect(error?.code == .malformed && error?.body == "<h1>Welcome</h1>")
    }

    @Test func `close sends what waits at once, and returns when it is stored`() async throws {
        let scene = try Scene()
        let tracked = Task { try await scene.client.trackEvent("a.b", workspace: "acme") }
        await scene.transport.next().answer(503, ["Retry-After": "600"])

        async let closed: Void = scene.client.close()
        await scene.transport.next().answer(200, Wire.json, Self.receipt)
        await closed

        #expect(try await tracked.value.sequence == 7)
    }

    @Test func `close does not wait for ever`() async throws {
        let scene = try Scene()
        let tracked = Task { try await scene.client.trackEvent("a.b", workspace: "acme") }
        let post = await scene.transport.next()

        async let closed: Void = scene.client.close()
        let advancing = Task {
            while !Task.isCancelled {
                scene.clock.advance(by: .seconds(5))
                await Task.yield()
            }
        }
        await closed
        advancing.cancel()

        await #expect(throws: AnalyticsError.self) { try await tracked.value }
        #expect(!post.isOpen)
    }

    /// A provider that neither answers nor heeds its cancellation, the first time.
    private static func hangingOnce(_ asked: Notes, _ token: String) -> TokenProvider {
        let calls = Mutex(0)
        return { _ in
            let call = calls.withLock { count in
                count += 1
                return count
            }
            asked.add("\(call)")
            guard call == 1 else { return token }
            let (never, end) = AsyncStream<Void>.makeStream()
            await Task { for await _ in never {} }.value
            withExtendedLifetime(end) {}
            return nil
        }
    }

    @Test func `a token provider that hangs fails one attempt, and the next asks it again`() async throws {
        let asked = Notes()
        let scene = try Scene { $0.token = Self.hangingOnce(asked, " t\r\nEvil: 1 ") }
        let tracked = Task { try await scene.client.trackEvent("a.b", workspace: "acme") }
        #expect(await asked.next() == "1")
        while asked.all.count < 2 {
            scene.clock.advance(by: .seconds(1))
            await Task.yield()
        }

        let post = await scene.transport.next()
        post.answer(200, Wire.json, Self.receipt)

        #expect(post.request.headers["Authorization"] == "Bearer tEvil: 1")
        #expect(try await tracked.value.sequence == 7 && asked.all == ["1", "2"])
    }

    @Test func `close and cancellation do not wait for a token provider that hangs`() async throws {
        let asked = Notes()
        let scene = try Scene {
            $0.token = Self.hangingOnce(asked, "t")
            $0.requestTimeout = .seconds(3_600)
        }
        let cancelled = Task { try await scene.client.trackEvent("a.b", workspace: "acme") }
        let tracked = Task { try await scene.client.trackEvent("a.b", workspace: "acme") }
        #expect(await asked.next() == "1")

        cancelled.cancel()
        await #expect(throws: AnalyticsError.self) { try await cancelled.value }
        let advancing = Task {
            while !Task.isCancelled {
                scene.clock.advance(by: .seconds(5))
                await Task.yield()
            }
        }
        await scene.client.close()
        advancing.cancel()

        await #expect(throws: AnalyticsError.self) { try await tracked.value }
    }

    @Test func `an idempotency key with a line end is refused`() async throws {
        let scene = try Scene()

        let error = await #expect(throws: AnalyticsError.self) {
            try await scene.client.trackEvent("a.b", workspace: "acme", idempotencyKey: "k\r\nEvil: 1")
        }

        #expect(error?.code == .malformed && scene.transport.requestCount == 0)
    }

    @Test func `nothing is tracked after close`() async throws {
        let scene = try Scene()
        await scene.client.close()

        let error = await #expect(throws: AnalyticsError.self) {
            try await scene.client.trackEvent("a.b", workspace: "acme")
        }
        var loop = scene.client.events(workspace: "acme").makeAsyncIterator()

        #expect(error?.code == .closed && scene.transport.requestCount == 0)
        #expect(try await loop.next() == nil)
    }

    @Test func `cancelling the caller ends the request`() async throws {
        let scene = try Scene()
        let tracked = Task { try await scene.client.trackEvent("a.b", workspace: "acme") }
        let post = await scene.transport.next()

        tracked.cancel()

        let error = await #expect(throws: AnalyticsError.self) { try await tracked.value }
        #expect(error?.code == .closed && post.isCancelled)
    }
}
