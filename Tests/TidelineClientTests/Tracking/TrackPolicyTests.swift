import Foundation
import Testing
import TidelineClient

struct TrackPolicyTests {
    private static func configuration() throws -> ClientConfiguration {
        var configuration = ClientConfiguration(server: try #require(URL(string: "http://gate.test"))) { _ in "t" }
        configuration.random = { 0.5 }
        return configuration
    }

    private static func refusal(_ status: Int, _ headers: [String: String] = [:]) -> AnalyticsError {
        AnalyticsError(.refused, "", TransportHead(status: status, headers: headers), body: [])
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 507]) func `what may pass is sent again`(status: Int) throws {
        var policy = TrackPolicy(try Self.configuration())

        #expect(policy.decide(Self.refusal(status), isClosing: false) == .retry(after: .milliseconds(500)))
        #expect(policy.decide(Self.refusal(status), isClosing: false) == .retry(after: .seconds(1)))
    }

    @Test(arguments: [302, 400, 403, 404, 409, 413, 415, 422]) func `what will not pass is not`(status: Int) throws {
        var policy = TrackPolicy(try Self.configuration())

        #expect(policy.decide(Self.refusal(status), isClosing: false) == .fail)
    }

    @Test func `transport errors and time-outs are sent again, other errors are not`() throws {
        var policy = TrackPolicy(try Self.configuration())

        for code in [AnalyticsError.Code.transport, .timedOut, .token] {
            #expect(policy.decide(AnalyticsError(code, ""), isClosing: false) != .fail)
        }
        for code in [AnalyticsError.Code.malformed, .closed] {
            #expect(policy.decide(AnalyticsError(code, ""), isClosing: false) == .fail)
        }
    }

    @Test func `Retry-After is waited for in full, within bounds`() throws {
        var policy = TrackPolicy(try Self.configuration())

        let told = policy.decide(Self.refusal(503, ["retry-after": "7"]), isClosing: false)
        let absurd = policy.decide(Self.refusal(503, ["Retry-After": "80000"]), isClosing: false)

        #expect(told == .retry(after: .seconds(7)) && absurd == .retry(after: .seconds(900)))
    }

    @Test func `Retry-After of nothing does not hurry it`() throws {
        var configuration = try Self.configuration()
        configuration.random = { 0 }
        var policy = TrackPolicy(configuration)

        #expect(
            policy.decide(Self.refusal(503, ["Retry-After": "0"]), isClosing: false)
                == .retry(after: .milliseconds(100)))
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:50:37 GMT", Duration.seconds(60)), ("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
        ("Sun, 06 Nov 2094 08:00:00 GMT", .seconds(86_400)), ("soon", nil), ("-1", nil), ("5", .seconds(5)),
    ])
    func `Retry-After may be a time`(field: String, delay: Duration?) {
        let error = Self.refusal(503, ["Retry-After": field, "Date": "Sun, 06 Nov 1994 08:49:37 GMT"])

        #expect(error.retryAfter == delay)
    }

    @Test func `a refused token is replaced once`() throws {
        var policy = TrackPolicy(try Self.configuration())
        let refusal = AnalyticsError(.unauthorized, "", TransportHead(status: 401), body: [])

        #expect(policy.decide(refusal, isClosing: false) == .refreshToken)
        #expect(policy.decide(refusal, isClosing: false) == .fail)
    }

    @Test func `attempts are limited, and while closing there is one more, at once`() throws {
        var configuration = try Self.configuration()
        configuration.trackAttempts = 3
        var policy = TrackPolicy(configuration)
        var closing = policy

        let decisions = (1...3).map { _ in policy.decide(Self.refusal(500), isClosing: false) }

        #expect(decisions == [.retry(after: .milliseconds(500)), .retry(after: .seconds(1)), .fail])
        #expect(closing.decide(Self.refusal(500, ["Retry-After": "9"]), isClosing: true) == .retry(after: .zero))
        #expect(closing.decide(Self.refusal(500), isClosing: true) == .fail)
    }
}
