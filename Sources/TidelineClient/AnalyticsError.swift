import Foundation

/// What went wrong between this client and a server.
///
/// Two errors are equal when all but their underlying errors are.
public struct AnalyticsError: Error, Sendable {
    /// The kind of failure; more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case refused, unauthorized, unexpectedContentType, malformed, timedOut, transport, token, gaveUp, closed,
                busy
        }

        private let kind: Kind

        private init(_ kind: Kind) { self.kind = kind }

        /// The server answered with a status that is no success; ``AnalyticsError/status`` says which.
        public static let refused = Code(.refused)
        /// 401, also with a fresh token.
        public static let unauthorized = Code(.unauthorized)
        /// 200, but not an event stream: usually a proxy's page.
        public static let unexpectedContentType = Code(.unexpectedContentType)
        /// An answer or a stream that is not what this client understands, or larger than it may be.
        public static let malformed = Code(.malformed)
        /// Nothing came in time.
        public static let timedOut = Code(.timedOut)
        /// The connection could not be made, or broke.
        public static let transport = Code(.transport)
        /// The token provider threw an error.
        public static let token = Code(.token)
        /// As many attempts in a row failed as were allowed; the underlying error is the last one's.
        public static let gaveUp = Code(.gaveUp)
        /// The client has been closed.
        public static let closed = Code(.closed)
        /// Two tasks read one loop at the same time.
        public static let busy = Code(.busy)

        /// The code's name.
        public var description: String { kind.rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, in words for a log.
    public let message: String
    /// The status of the answer, where there was one.
    public let status: Int?
    /// The start of the answer's body, at most ``bodyLimit`` bytes of it.
    public let body: String?
    /// The server's own name for the problem (`problem+json`), such as `idempotency_conflict`.
    public let problem: String?
    /// The server's id of the request, to be found in its log.
    public let requestID: String?
    /// How long the server asked to stay away (`Retry-After`).
    public let retryAfter: Duration?
    /// The error behind this one.
    public let underlying: (any Error)?

    /// How much of a body an error keeps.
    public static let bodyLimit = 2_048

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
        (status, body, problem, requestID, retryAfter) = (nil, nil, nil, nil, nil)
    }

    package init(_ code: Code, _ message: String, _ head: TransportHead, body: [UInt8], underlying: (any Error)? = nil)
    {
        self.code = code
        self.message = message
        self.underlying = underlying
        status = head.status
        self.body = body.isEmpty ? nil : String(decoding: body.prefix(Self.bodyLimit), as: UTF8.self)
        // A page of a proxy is no problem+json; then there is no name to tell.
        problem = (try? WireFormat.decode(Problem.self, from: body))?.code
        requestID = head["X-Request-Id"]
        retryAfter = Self.retryAfter(head)
    }

    /// Seconds, or a time; that is compared with the server's own clock, where the answer tells it.
    private static func retryAfter(_ head: TransportHead) -> Duration? {
        guard let field = head["Retry-After"] else { return nil }
        if let seconds = Int64(field) { return seconds < 0 ? nil : .seconds(min(seconds, 86_400)) }
        guard let time = date(field) else { return nil }
        let now = head["Date"].flatMap(date) ?? Date()
        return .seconds(min(max(time.timeIntervalSince(now), 0), 86_400))
    }

    /// Anything else than an HTTP date says nothing.
    private static func date(_ text: String) -> Date? {
        let format: Date.FormatString =
            "\(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT"
        let posix = Locale(identifier: "en_US_POSIX")
        return try? Date(text, strategy: Date.ParseStrategy(format: format, locale: posix, timeZone: .gmt))
    }

    private struct Problem: Decodable {
        let code: String?
    }
}

extension AnalyticsError: Hashable, CustomStringConvertible {
    /// Compares all but the underlying errors.
    public static func == (left: AnalyticsError, right: AnalyticsError) -> Bool {
        left.code == right.code && left.message == right.message && left.status == right.status
            && left.body == right.body && left.problem == right.problem && left.requestID == right.requestID
            && left.retryAfter == right.retryAfter
    }

    /// Hashes code, message and status.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(message)
        hasher.combine(status)
    }

    /// Code, message, status and the start of the body; never a token.
    public var description: String {
        var text = "\(code): \(message)"
        if let problem { text += " (\(problem))" }
        if let body { text += ": \(body.prefix(200))" }
        if let underlying { text += " — \(underlying)" }
        return text
    }
}

/// What a status means for who asked.
package enum StatusRule: Equatable {
    /// The answer is what was asked for, or an honest "nothing".
    case success
    /// Once more with a fresh token, then never.
    case unauthorized
    /// The same request may succeed later.
    case retry
    /// The same request will not succeed.
    case terminal

    /// 429, 5xx and the two statuses about time (408, 425) are the server's trouble; a redirect that led nowhere is a proxy's.
    /// All else of 4xx is about what was asked.
    package init(_ status: Int) {
        switch status {
        case 200, 201, 204, 304: self = .success
        case 401: self = .unauthorized
        case 408, 425, 429: self = .retry
        case 400..<500: self = .terminal
        default: self = .retry
        }
    }
}
