import Access
import HTTPProtocol
import HTTPServer

/// `GET /api/openapi.json`: the document of the routes that were there when it was made.
struct OpenAPIRoute: Sendable {
    static let path = "/api/openapi.json"

    /// The route, which describes `routes` and itself.
    static func route(describing routes: [Route]) -> Route {
        let placeholder = Route(.get, path) { _, _ in }
        var bytes: [UInt8] = []
        OpenAPIDocument(routes: routes + [placeholder]).json.append(to: &bytes)
        let body = bytes
        let tag = tag(of: body)
        return Route(.get, path) { request, responder in
            let fields: HTTPFields = [.etag: tag, .cacheControl: "public, no-cache"]
            if EntityTag.isNamed(tag, byNoneMatch: request.head.values(of: .ifNoneMatch)) {
                return responder.respond(Response(.notModified, fields))
            }
            responder.respond(.json(body, fields: fields))
        }
    }

    private static func tag(of bytes: [UInt8]) -> String {
        "\"\(OpenSSLDigest.sha256(bytes).prefix(8).map { String($0, radix: 16) }.joined())\""
    }
}
