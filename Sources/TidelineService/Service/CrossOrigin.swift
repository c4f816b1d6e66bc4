import Access
import HTTPProtocol
import HTTPServer

/// What browsers are told about pages of other origins (WHATWG Fetch, CORS protocol); for every answer, errors and streams
/// included.
struct CrossOrigin: Sendable {
    /// Beyond those that need no leave (WHATWG Fetch §2.2.2).
    private static let requestFields = "Authorization, Content-Type, Last-Event-ID, Idempotency-Key, X-Workspace-Id"
    private static let exposedFields = "ETag, Retry-After, X-Request-Id"
    /// How long a browser may remember a preflight: as long as Chromium ever does.
    private static let maximumAge = "7200"

    let origins: AllowedOrigins

    /// The answer to a preflight from a page of the list; nil for every other OPTIONS.
    func preflight(_ head: RequestHead, allow: [Method]) -> Response? {
        guard allowedOrigin(of: head) != nil, head.contains(.accessControlRequestMethod) else { return nil }
        return Response(
            .noContent,
            [
                .accessControlAllowMethods: Method.list(allow.filter { $0 != .options }),
                .accessControlAllowHeaders: Self.requestFields, .accessControlMaxAge: Self.maximumAge,
                .vary: "Access-Control-Request-Method, Access-Control-Request-Headers",
            ])
    }

    /// Lets a page of the list read `answer`. Every answer says that it depends on the origin, also one for no origin: a
    /// cache must not hand it to a page that may read it.
    func decorate(_ answer: inout ResponseHead, to head: RequestHead) {
        if origins.isEmpty { return }
        answer.fields.set(.vary, answer.fields[.vary].map { $0 + ", Origin" } ?? "Origin")
        guard let origin = allowedOrigin(of: head) else { return }
        answer.fields.set(.accessControlAllowOrigin, origin)
        if !answer.fields.contains(.accessControlAllowMethods) {
            answer.fields.set(.accessControlExposeHeaders, Self.exposedFields)
        }
    }

    private func allowedOrigin(of head: RequestHead) -> String? {
        guard !origins.isEmpty, let field = head.only(.origin) else { return nil }
        let origin = String(decoding: field, as: UTF8.self)
        return origins.contains(origin) ? origin : nil
    }
}
