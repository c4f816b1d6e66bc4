package import HTTPProtocol

/// A complete answer. Content-Length, Date, X-Request-Id and Connection are added by the server.
package struct Response: Sendable {
    package var head: ResponseHead
    package var body: [UInt8]

    package init(_ status: Status = .ok, _ fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
        head = ResponseHead(status, fields)
        self.body = body
    }

    package init(_ status: Status = .ok, _ fields: HTTPFields = HTTPFields(), text: String) {
        self.init(status, fields, body: Array(text.utf8))
    }

    package var status: Status {
        get { head.status }
        set { head.status = newValue }
    }

    package var fields: HTTPFields {
        get { head.fields }
        set { head.fields = newValue }
    }

    /// An answer in `application/json`.
    package static func json(_ body: [UInt8], status: Status = .ok, fields: HTTPFields = HTTPFields()) -> Response {
        var fields = fields
        fields.appendIfAbsent(.contentType, "application/json")
        return Response(status, fields, body: body)
    }

    /// An answer in `application/problem+json` (RFC 9457); `body` is the encoded problem.
    package static func problem(_ status: Status, _ body: [UInt8], fields: HTTPFields = HTTPFields()) -> Response {
        var fields = fields
        fields.appendIfAbsent(.contentType, "application/problem+json")
        fields.appendIfAbsent(.cacheControl, "no-store")
        return Response(status, fields, body: body)
    }
}
