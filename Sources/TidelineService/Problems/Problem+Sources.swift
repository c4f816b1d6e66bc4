import Events
import HTTPProtocol
import HTTPServer
import Persistence

/// Where errors become problems, and problems become responses: here and nowhere else.
extension Problem {
    static let queueFull = Problem(
        .queueFull, "More events wait than the server keeps in memory; nothing was stored.", retryAfter: 1)

    init(_ fault: StoreFault) {
        switch fault {
        case .unavailable:
            self.init(.storageUnavailable, "The log could not be written; nothing was acknowledged.", retryAfter: 2)
        case .full:
            self.init(.storageFull, "The disk is full; nothing was stored.", retryAfter: 30)
        }
    }

    init(_ error: DraftError) {
        self.init(
            ProblemCode(rawValue: error.code.rawValue) ?? .invalidPayload, error.detail,
            errors: error.errors.map { ($0.pointer, $0.detail) })
    }

    init(_ denial: AppendDenial) {
        switch denial {
        case .forbidden(let detail): self.init(.forbidden, detail)
        case .notFound(let detail): self.init(.notFound, detail)
        case .invalid(let pointer, let detail):
            self.init(.invalidPayload, detail, errors: [(pointer, detail)])
        }
        // What the sender may not see is answered as if it were not there.
        if case .notFound = denial { isDenial = true }
    }

    init(_ error: BatchError) {
        switch error {
        case .tooManyItems: self.init(.invalidBatch, "A batch has at most 1,000 items; nothing was stored.")
        default: self.init(.invalidBatch, "The batch is not a JSON array of objects; nothing was stored.")
        }
    }

    init(_ fault: HTTPFault) {
        let code: ProblemCode =
            switch fault {
            case .unreadable(let error): Self.code(of: error.status)
            case .malformedTarget: .invalidRequest
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .notImplemented: .notImplemented
            case .requestTimeout: .requestTimeout
            case .contentTooLarge: .tooLarge
            case .expectationFailed: .expectationFailed
            case .internalError: .internalError
            }
        self.init(code, fault.explanation)
    }

    private static func code(of status: Status) -> ProblemCode {
        switch status.code {
        case 411: .lengthRequired
        case 413: .tooLarge
        case 414, 431: .headTooLarge
        case 417: .expectationFailed
        case 501: .notImplemented
        case 505: .versionNotSupported
        default: .invalidRequest
        }
    }

    /// - Parameter status: where the protocol fixes another than the code's own (414 beside 431).
    func response(to head: RequestHead?, status: Status? = nil) -> Response {
        var fields = HTTPFields()
        if code.row.status == 401 { fields.append(.wwwAuthenticate, challenge) }
        if let retryAfter { fields.append(.retryAfter, String(retryAfter)) }
        let path = head.map { String(decoding: $0.path, as: UTF8.self) }
        return .problem(status ?? Status(code.row.status), json(instance: path), fields: fields)
    }

    /// RFC 6750 §3: the error is named only where a credential was sent.
    private var challenge: String {
        code == .unauthenticated
            ? #"Bearer realm="tideline""#
            : #"Bearer realm="tideline", error="invalid_token", error_description="\#(code.row.title)""#
    }
}
