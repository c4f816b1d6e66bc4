/// The bytes that sign and verify HS256 tokens; never printed.
///
/// The text of `auth.jwt.secret`, or of `DATA/secret`, is the key byte for byte, as other JWT libraries take it: a
/// service that issues tokens for Tideline is given the same text.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// RFC 7518 §3.2: a key is at least as long as the hash it feeds.
    package static let minimumBytes = 32

    let bytes: [UInt8]

    /// - Throws: ``SecretError/tooShort(bytes:)`` below ``minimumBytes``.
    package init(_ text: String) throws(SecretError) {
        try self.init(bytes: Array(text.utf8))
    }

    /// - Throws: ``SecretError/tooShort(bytes:)`` below ``minimumBytes``.
    package init(bytes: [UInt8]) throws(SecretError) {
        guard bytes.count >= Self.minimumBytes else { throw .tooShort(bytes: bytes.count) }
        self.bytes = bytes
    }

    /// 32 bytes from `random`, as base64url text: for `DATA/secret`, and for keys that live as long as the process.
    package init(using random: inout some RandomNumberGenerator) {
        var raw: [UInt8] = []
        raw.reserveCapacity(Self.minimumBytes)
        while raw.count < Self.minimumBytes { raw.append(UInt8(truncatingIfNeeded: random.next() as UInt64)) }
        bytes = Base64URL.encode(raw)
    }

    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why there is no secret.
package enum SecretError: Error, Equatable, CustomStringConvertible {
    case tooShort(bytes: Int)
    /// The file can be read or written by others, or is not a plain file: whoever could read it can forge any token.
    case exposed(path: String)
    /// `action` on `path` failed with this `errno`.
    case unavailable(path: String, action: String, errno: Int32)

    package var description: String {
        switch self {
        case .tooShort(let bytes):
            "the secret has \(bytes) bytes; HS256 needs at least \(Secret.minimumBytes) (openssl rand -base64 32)"
        case .exposed(let path):
            "\(path) must be a plain file that only its owner can read (chmod 600), else anyone could forge tokens"
        case .unavailable(let path, let action, let errno):
            "cannot \(action) \(path): error \(errno)"
        }
    }
}
