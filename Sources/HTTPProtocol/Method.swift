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
        for method in Self.candidates(ofLength: range.count) where range.equals(method.text, in: bytes) {
            self = method
            return
        }
        self = .other
    }

    private static func candidates(ofLength count: Int) -> [Method] {
        switch count {
        case 3: threeLetters
        case 4: fourLetters
        case 5: fiveLetters
        case 6: sixLetters
        case 7: sevenLetters
        default: []
        }
    }

    private static let threeLetters: [Method] = [.get, .put]
    private static let fourLetters: [Method] = [.post, .head]
    private static let fiveLetters: [Method] = [.patch, .trace]
    private static let sixLetters: [Method] = [.delete]
    private static let sevenLetters: [Method] = [.options, .connect]
}
