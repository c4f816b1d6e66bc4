import Events
import HTTPProtocol
import HTTPServer

/// A request's body as one strict JSON object.
struct JSONObjectBody {
    let root: JSONValue

    /// - Throws: `unsupported_media_type`, and what the scanner says of bytes that are no JSON.
    init(_ request: Request) throws(Problem) {
        // A form of a foreign page can post text/plain, but nothing that says it is JSON without being asked first.
        guard MediaType.isJSON(request.head) else {
            throw Problem(.unsupportedMediaType, "Send application/json.")
        }
        do throws(JSONError) {
            root = try JSONDocument(scanning: request.body, limits: JSONLimits()).root
        } catch {
            throw Problem(DraftError(error))
        }
        guard root.kind == .object else { throw Problem(.invalidJSON, "The body must be a JSON object.") }
    }

    /// The text of a member; nil where it is absent or null.
    /// - Throws: `invalid_payload` where it is something else.
    func text(_ name: String) throws(Problem) -> String? {
        guard let value = root[name], value.kind != .null else { return nil }
        guard let text = value.string else { throw Self.invalid(name, "must be a text") }
        return text
    }

    static func invalid(_ name: String, _ detail: String) -> Problem {
        Problem(.invalidPayload, "\(name) \(detail).", errors: [("/\(name)", detail)])
    }
}
