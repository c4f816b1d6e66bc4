/// The name of a field (RFC 9110 §5.1), written in lower case in our source; compared without regard to case.
///
/// A name is a literal: looking one up allocates nothing, and no name made from input exists.
package struct FieldName: ExpressibleByStringLiteral, Sendable {
    package let text: StaticString

    /// `text` must be a lower-case token.
    package init(stringLiteral text: StaticString) { self.text = text }
}

extension FieldName {
    package static let accept: FieldName = "accept"
    package static let acceptEncoding: FieldName = "accept-encoding"
    package static let accessControlAllowHeaders: FieldName = "access-control-allow-headers"
    package static let accessControlAllowMethods: FieldName = "access-control-allow-methods"
    package static let accessControlAllowOrigin: FieldName = "access-control-allow-origin"
    package static let accessControlExposeHeaders: FieldName = "access-control-expose-headers"
    package static let accessControlMaxAge: FieldName = "access-control-max-age"
    package static let accessControlRequestMethod: FieldName = "access-control-request-method"
    package static let allow: FieldName = "allow"
    package static let authorization: FieldName = "authorization"
    package static let cacheControl: FieldName = "cache-control"
    package static let connection: FieldName = "connection"
    package static let contentEncoding: FieldName = "content-encoding"
    package static let contentLength: FieldName = "content-length"
    package static let contentType: FieldName = "content-type"
    package static let cookie: FieldName = "cookie"
    package static let etag: FieldName = "etag"
    package static let expect: FieldName = "expect"
    package static let host: FieldName = "host"
    package static let idempotencyKey: FieldName = "idempotency-key"
    package static let ifNoneMatch: FieldName = "if-none-match"
    package static let lastEventID: FieldName = "last-event-id"
    package static let location: FieldName = "location"
    package static let origin: FieldName = "origin"
    package static let retryAfter: FieldName = "retry-after"
    package static let secFetchSite: FieldName = "sec-fetch-site"
    package static let setCookie: FieldName = "set-cookie"
    package static let transferEncoding: FieldName = "transfer-encoding"
    package static let userAgent: FieldName = "user-agent"
    package static let vary: FieldName = "vary"
    package static let accelBuffering: FieldName = "x-accel-buffering"
    package static let wwwAuthenticate: FieldName = "www-authenticate"
    package static let requestID: FieldName = "x-request-id"
    package static let workspaceID: FieldName = "x-workspace-id"
}
