import Events

/// The JOSE header of a token (RFC 7515 §4). Parameters that Tideline does not know are ignored, as the RFC demands,
/// and those that carry or locate a key (`jwk`, `jku`, `x5c`, `x5u`) are among them: a token never brings its own
/// key.
struct TokenHeader: Equatable {
    /// `alg`, letter for letter: `none`, `None` and `hs256` are just not `HS256`.
    let algorithm: String
    /// `kid`.
    let keyID: String?

    /// Reads the decoded first segment.
    init(_ bytes: [UInt8]) throws(TokenError) {
        let root = try TokenJSON.object(bytes)
        guard let algorithm = root["alg"]?.string else { throw .malformed }
        guard root["crit"] == nil else { throw .criticalExtension }
        if let type = root["typ"] {
            // Media types compare without case (RFC 7515 §4.1.9).
            guard let text = type.string, text.lowercased() == "jwt" else { throw .malformed }
        }
        if let keyID = root["kid"] {
            guard let text = keyID.string else { throw .malformed }
            self.keyID = text
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
    }
}

/// How the segments of a token become JSON.
enum TokenJSON {
    /// Shallower than any event: claims nest three deep.
    private static let maximumDepth = 8

    /// - Throws: ``TokenError/malformed`` unless `bytes` are one strict JSON object (no duplicate names, valid UTF-8).
    static func object(_ bytes: [UInt8]) throws(TokenError) -> JSONValue {
        let limits = JSONLimits(maximumBytes: TokenVerifier.maximumBytes, maximumDepth: maximumDepth)
        guard let root = try? JSONDocument(scanning: bytes, limits: limits).root, root.kind == .object else {
            throw .malformed  // which byte was wrong would help only a forger
        }
        return root
    }
}
