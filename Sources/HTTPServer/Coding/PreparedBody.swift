package import HTTPProtocol

/// A body that is sent many times: compressed once, with a strong entity tag for each coding.
package struct PreparedBody: Sendable {
    private let bytes: [UInt8]
    /// nil where compressing saves nothing.
    private let compressed: [UInt8]?
    /// Of the bytes as they are.
    private let entityTag: String

    /// - Parameter isCompressible: false for what is compressed already. Compressing costs about 30 ms a mebibyte.
    package init(_ bytes: [UInt8], isCompressible: Bool = true) {
        self.bytes = bytes
        compressed = isCompressible ? Gzip.compress(bytes, level: 9) : nil
        entityTag = Self.entityTag(of: bytes)
    }

    /// Bytes held in memory.
    var byteCount: Int { bytes.count + (compressed?.count ?? 0) }

    /// The answer to a GET or HEAD: 200 in the coding that the client takes, or 304 when it has that.
    /// - Parameter fields: what is sent with either; Content-Type only with a 200.
    package func response(to head: RequestHead, mediaType: String, fields: HTTPFields) -> Response {
        let compressed = AcceptedCodings(head).takesGzip ? compressed : nil
        // Each coding is a representation of its own (RFC 9110 §8.8.3.3).
        let tag = compressed == nil ? entityTag : "\(entityTag.dropLast())-gzip\""
        var fields = fields
        fields.append(.etag, tag)
        if self.compressed != nil { fields.append(.vary, "Accept-Encoding") }
        if EntityTag.isNamed(tag, byNoneMatch: head.values(of: .ifNoneMatch)) {
            return Response(.notModified, fields)
        }
        fields.append(.contentType, mediaType)
        if compressed != nil { fields.append(.contentEncoding, "gzip") }
        return Response(.ok, fields, body: compressed ?? bytes)
    }

    /// Length and FNV-1a of the content, which need not withstand anybody: the bodies are ours.
    private static func entityTag(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "\"\(String(bytes.count, radix: 36))-\(String(hash, radix: 36))\""
    }
}
