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
        let document = PreparedBody(bytes)
        return Route(.get, path) { request, responder in
            responder.respond(
                document.response(
                    to: request.head, mediaType: "application/json", fields: [.cacheControl: "public, no-cache"]))
        }
    }
}
