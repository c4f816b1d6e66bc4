/// The one table of problem codes: what clients switch on, with its status, when it comes and what to do about it.
///
/// It feeds the answers (RFC 9457), the README and later the OpenAPI document.
enum ProblemCode: String, CaseIterable, Sendable {
    case invalidRequest = "invalid_request"
    case invalidJSON = "invalid_json"
    case duplicateKey = "duplicate_key"
    case tooDeep = "too_deep"
    case tooLarge = "too_large"
    case headTooLarge = "head_too_large"
    case invalidType = "invalid_type"
    case unknownType = "unknown_type"
    case invalidID = "invalid_id"
    case invalidPayload = "invalid_payload"
    case invalidParameter = "invalid_parameter"
    case outOfRange = "out_of_range"
    case invalidBatch = "invalid_batch"
    case batchRefused = "batch_refused"
    case ambiguousWorkspace = "ambiguous_workspace"
    case unauthenticated
    case tokenExpired = "token_expired"
    case invalidToken = "invalid_token"
    case forbidden
    case crossOrigin = "cross_origin"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case notAcceptable = "not_acceptable"
    case requestTimeout = "request_timeout"
    case workspaceExists = "workspace_exists"
    case idempotencyConflict = "idempotency_conflict"
    case logPruned = "log_pruned"
    case lengthRequired = "length_required"
    case unsupportedMediaType = "unsupported_media_type"
    case expectationFailed = "expectation_failed"
    case misdirected
    case rateLimited = "rate_limited"
    case notImplemented = "not_implemented"
    case versionNotSupported = "version_not_supported"
    case queueFull = "queue_full"
    case storageUnavailable = "storage_unavailable"
    case storageFull = "storage_full"
    case rebuilding
    case capacity
    case internalError = "internal_error"

    /// Status, title, and what the reader should do.
    var row: (status: UInt16, title: String, remedy: String) {
        switch self {
        case .invalidRequest: (400, "The request is malformed", "Send a request as RFC 9110 and 9112 define it.")
        case .invalidJSON: (400, "The body is not JSON", "Send strict JSON (RFC 8259) in UTF-8.")
        case .duplicateKey: (400, "A key stands twice", "Send each key of an object once.")
        case .tooDeep: (400, "The JSON is nested too deeply", "Stay within limits.jsonDepth.")
        case .tooLarge:
            (413, "The body is too large", "Stay within limits.bodyBytes, or limits.batchBytes for a batch.")
        case .headTooLarge: (431, "The header is too large", "Stay within limits.headerBytes and 100 fields.")
        case .invalidType:
            (422, "The event type is malformed", "Use lower-case words joined by dots, at most 64 bytes.")
        case .unknownType:
            (422, "The event type is unknown", "Use a catalogued type, or allow others by events.unknownTypes.")
        case .invalidID: (422, "An id is malformed", "Ids are 1–64 bytes of [A-Za-z0-9._:-].")
        case .invalidPayload: (422, "The payload does not fit its type", "See errors[].pointer.")
        case .invalidParameter: (400, "A parameter is malformed", "See detail.")
        case .outOfRange: (422, "A parameter is out of range", "See detail for the range.")
        case .invalidBatch: (400, "The batch is malformed", "Send a JSON array or NDJSON of at most 1,000 events.")
        case .batchRefused: (422, "Every item of the batch was refused", "See items[].code and items[].detail.")
        case .ambiguousWorkspace: (400, "The workspace is ambiguous", "Name it in the path or in X-Workspace-Id.")
        case .unauthenticated:
            (401, "A credential is required", "Send Authorization: Bearer with a token or an API key.")
        case .tokenExpired: (401, "The credential has expired", "Get a new token.")
        case .invalidToken: (401, "The credential is not valid", "Get a token signed by a configured key.")
        case .forbidden: (403, "The role does not allow this", "See detail for what would be needed.")
        case .crossOrigin:
            (403, "The request came from another site", "Send it from the page's own origin, or with a bearer token.")
        case .notFound: (404, "There is no such thing", "Check the path; what you may not see looks the same.")
        case .methodNotAllowed: (405, "The method is not allowed here", "See the Allow field.")
        case .notAcceptable: (406, "No acceptable representation", "Accept text/event-stream or application/json.")
        case .requestTimeout: (408, "The request did not arrive in time", "Send it again.")
        case .workspaceExists: (409, "The name is taken", "Choose another slug.")
        case .idempotencyConflict: (409, "The key was used for another event", "Use a new eventId or Idempotency-Key.")
        case .logPruned:
            (410, "The log no longer reaches back so far", "Start from the floor position, or from a snapshot.")
        case .lengthRequired: (411, "The length is required", "Send Content-Length or chunked.")
        case .unsupportedMediaType:
            (415, "The media type is not supported", "Send application/json, or application/x-ndjson for a batch.")
        case .expectationFailed: (417, "The expectation is unknown", "Only Expect: 100-continue is known.")
        case .misdirected: (421, "The host is not served here", "Check server.allowedHosts.")
        case .rateLimited: (429, "Too much of this in too short a time", "Wait as Retry-After says.")
        case .notImplemented:
            (501, "The method or transfer coding is not implemented", "Use a method from the Allow field.")
        case .versionNotSupported: (505, "The HTTP version is not supported", "Use HTTP/1.1.")
        case .queueFull: (503, "The queue of the log is full", "Wait as Retry-After says and send it again.")
        case .storageUnavailable:
            (503, "The log cannot be written or read now", "Wait as Retry-After says and send it again.")
        case .storageFull: (507, "The disk is full", "Nothing was stored; send it again once there is space.")
        case .rebuilding:
            (503, "The figures are being rebuilt", "Wait as Retry-After says; /readyz shows the progress.")
        case .capacity: (503, "No more streams can be opened", "Wait as Retry-After says.")
        case .internalError: (500, "The server failed", "Report the request id.")
        }
    }
}
