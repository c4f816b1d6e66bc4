package import HTTPProtocol

/// Why the server answers by itself instead of a route: the application gives it its form (``Application/response(to:head:)``).
package enum HTTPFault: Error, Hashable, Sendable {
    /// The request's bytes are refused; the answer closes the connection.
    case unreadable(HTTP1Error)
    /// A segment or the query is badly percent-encoded.
    case malformedTarget
    case notFound
    /// The path exists, the method does not there.
    case methodNotAllowed(allow: [Method])
    /// A method this server knows nowhere.
    case notImplemented
    /// The head or the body did not arrive in time.
    case requestTimeout
    /// The route takes no body of that size; `limit` is what it takes, in bytes.
    case contentTooLarge(limit: Int)
    /// Expect asks for something other than 100-continue.
    case expectationFailed
    /// A file that cannot be read though it is there.
    case internalError

    package var status: Status {
        switch self {
        case .unreadable(let error): error.status
        case .malformedTarget: .badRequest
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notImplemented: .notImplemented
        case .requestTimeout: .requestTimeout
        case .contentTooLarge: .contentTooLarge
        case .expectationFailed: .expectationFailed
        case .internalError: .internalServerError
        }
    }

    /// What is wrong, for the person who sent the request.
    package var explanation: String {
        switch self {
        case .unreadable(let error): "\(error.explanation)"
        case .malformedTarget: "The path or the query is not well percent-encoded."
        case .notFound: "There is nothing here."
        case .methodNotAllowed(let allow):
            "Allowed here: \(allow.map { "\($0.text)" }.joined(separator: ", "))."
        case .notImplemented: "The method is not implemented."
        case .requestTimeout: "The request took too long to arrive."
        case .contentTooLarge(let limit): "The body may have at most \(limit) bytes."
        case .expectationFailed: "Only 100-continue can be expected."
        case .internalError: "The server failed to read what you asked for."
        }
    }

    /// The value of the Allow field where one is due.
    package var allowed: String? {
        if case .methodNotAllowed(let allow) = self { Method.list(allow) } else { nil }
    }
}

extension Method {
    /// `methods` as the value of Allow.
    package static func list(_ methods: [Method]) -> String {
        methods.map { "\($0.text)" }.joined(separator: ", ")
    }
}
