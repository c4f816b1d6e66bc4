/// The secret a service authenticates with: `tl_<prefix>_<secret>`, 8 and 32 characters of `[a-z2-7]`.
///
/// The prefix finds the record and may be logged; of the secret (160 random bits) only a hash is kept, so a key is
/// shown once, when it is made. `tl_` lets scanners of published code recognise a leaked one.
package struct APIKey: Sendable, CustomStringConvertible, CustomReflectable {
    package static let prefixLength = 8
    package static let secretLength = 32
    private static let marker = Array("tl_".utf8)

    /// Names the key in lists, logs and look-ups; no secret.
    package let prefix: String
    private let secret: [UInt8]

    /// A new key from `random`, which must be the system's generator outside tests.
    package init(using random: inout some RandomNumberGenerator) {
        prefix = String(decoding: Base32.make(count: Self.prefixLength, using: &random), as: UTF8.self)
        secret = Base32.make(count: Self.secretLength, using: &random)
    }

    /// - Returns: nil unless `bytes` are exactly of the form above.
    package init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        let separator = Self.marker.count + Self.prefixLength
        guard bytes.count == separator + 1 + Self.secretLength, bytes.starts(with: Self.marker),
            bytes[separator] == UInt8(ascii: "_"),
            bytes[Self.marker.count..<separator].allSatisfy(Base32.isDigit),
            bytes[(separator + 1)...].allSatisfy(Base32.isDigit)
        else { return nil }
        prefix = String(decoding: bytes[Self.marker.count..<separator], as: UTF8.self)
        secret = Array(bytes[(separator + 1)...])
    }

    /// Whether `bytes` claim to be a key: decides between key and token before either is checked.
    package static func isLikely(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: marker) }

    /// Whether `text` has the form of a ``prefix``.
    package static func isPrefix(_ text: String) -> Bool {
        text.utf8.count == prefixLength && text.utf8.allSatisfy(Base32.isDigit)
    }

    /// The whole key, to be shown to its owner once.
    package var text: String { "tl_\(prefix)_\(String(decoding: secret, as: UTF8.self))" }

    /// SHA-256 of ``text``. A plain hash is enough: 160 random bits cannot be guessed, so there is nothing to slow
    /// down.
    package var hash: [UInt8] { OpenSSLDigest.sha256(Array(text.utf8)) }

    package var description: String { "tl_\(prefix)_…" }
    package var customMirror: Mirror { Mirror(self, children: ["prefix": prefix]) }
}
