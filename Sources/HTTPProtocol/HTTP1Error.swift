/// Why the bytes of a request are refused; each case has its one answer. After it the connection's framing is lost, so the
/// answer closes the connection.
package enum HTTP1Error: Error, Hashable, Sendable, CaseIterable {
    /// Not `method SP target SP HTTP/d.d CRLF`; HTTP/0.9 looks like this too.
    case malformedRequestLine
    /// A target that is no origin-form, absolute-form or (for OPTIONS) asterisk-form.
    case malformedTarget
    /// CONNECT, which needs a tunnel.
    case unsupportedMethod
    /// Neither HTTP/1.0 nor HTTP/1.1, such as the preface of HTTP/2.
    case unsupportedVersion
    /// A line ended by LF alone, or a CR that ends no line.
    case bareLineEnd
    /// A field line without a name, with blanks before the colon, or a name that is no token.
    case malformedFieldName
    /// A field line that begins with a blank (RFC 9112 §5.2).
    case lineFolding
    /// A control byte in a field value.
    case malformedFieldValue
    /// No Host, several, or one that is no `host[:port]`.
    case malformedHost
    /// Content-Length that is not all digits, overflows, or is given twice.
    case malformedContentLength
    /// Both Content-Length and Transfer-Encoding: the classic of request smuggling (RFC 9112 §6.3).
    case ambiguousLength
    /// Transfer-Encoding that does not end in one `chunked`, or in HTTP/1.0.
    case malformedTransferEncoding
    /// A transfer coding other than `chunked` before it.
    case unsupportedTransferEncoding
    /// A chunk header, chunk end or trailer that breaks the format (RFC 9112 §7.1).
    case malformedChunk
    /// Extensions or trailers beyond their bound.
    case oversizedChunkMetadata
    case requestLineTooLong
    case headTooLarge
    case tooManyFields
    /// More body than the route takes.
    case bodyTooLarge

    /// The status of the one answer this deserves.
    package var status: Status {
        switch self {
        case .malformedRequestLine, .malformedTarget, .bareLineEnd, .malformedFieldName, .lineFolding,
            .malformedFieldValue, .malformedHost, .malformedContentLength, .ambiguousLength,
            .malformedTransferEncoding, .malformedChunk, .oversizedChunkMetadata:
            .badRequest
        case .unsupportedMethod, .unsupportedTransferEncoding: .notImplemented
        case .unsupportedVersion: .versionNotSupported
        case .requestLineTooLong: .uriTooLong
        case .headTooLarge, .tooManyFields: .requestHeaderFieldsTooLarge
        case .bodyTooLarge: .contentTooLarge
        }
    }

    /// What is wrong, for the person who sent it.
    package var explanation: StaticString {
        switch self {
        case .malformedRequestLine: "The request line is not \"method target HTTP/1.1\"."
        case .malformedTarget: "The request target is malformed."
        case .unsupportedMethod: "The method is not implemented."
        case .unsupportedVersion: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
        case .bareLineEnd: "Lines must end with CR LF."
        case .malformedFieldName: "A field name is malformed."
        case .lineFolding: "Folded field lines are not accepted."
        case .malformedFieldValue: "A field value contains a control byte."
        case .malformedHost: "Exactly one well-formed Host field is required."
        case .malformedContentLength: "Content-Length is malformed."
        case .ambiguousLength: "Content-Length and Transfer-Encoding exclude each other."
        case .malformedTransferEncoding: "Transfer-Encoding must be \"chunked\"."
        case .unsupportedTransferEncoding: "Only the transfer coding \"chunked\" is implemented."
        case .malformedChunk: "The chunked body is malformed."
        case .oversizedChunkMetadata: "Chunk extensions or trailers are too large."
        case .requestLineTooLong: "The request line is too long."
        case .headTooLarge: "The header section is too large."
        case .tooManyFields: "There are too many fields."
        case .bodyTooLarge: "The body is too large."
        }
    }
}
