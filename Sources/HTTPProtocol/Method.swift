/// A request method (RFC 9110 §9, RFC 5789), case-sensitive.
package enum Method: UInt8, CaseIterable, Hashable, Sendable {
    case get, head, post, put, patch, delete, options, trace, connect
    /// A token that no RFC we follow defines; ``RequestHead/methodText`` has its spelling. Answered with 501.
    case other

    /// The spelling on the wire; empty for ``other``.
    package var text: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other: ""
        }
    }

    /// Reads the method in `bytes[range]`, which hold a token.
    init(_ bytes: Span<UInt8>, _ range: ByteRange) {
        let candidates: (Method, Method)
        switch range.count {
        case 3: candidates = (.get, .put)
        case 4: candidates = (.post, .head)
        case 5: candidates = (.patch, .trace)
        case 6: candidates = (.delete, .delete)
        case 7: candidates = (.options, .connect)
        default:
            self = .other
            return
        }
        if range.equals(candidates.0.text, in: bytes) {
            self = candidates.0
        } else if range.equals(candidates.1.text, in: bytes) {
            self = candidates.1
        } else {
            self = .other
        }
    }
}
