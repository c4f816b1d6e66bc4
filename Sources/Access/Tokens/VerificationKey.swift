/// A key that verifies tokens, bound to the one algorithm it is for (RFC 8725 §3.1): the token's header never chooses.
package struct VerificationKey: Sendable {
    /// What the `alg` header must say, letter for letter.
    package enum Algorithm: String, Sendable, CaseIterable {
        /// HMAC with SHA-256, RFC 7518 §3.2.
        case hs256 = "HS256"
    }

    /// One case for each kind of key; an asymmetric algorithm adds its public key here.
    private enum Material: Sendable {
        case hmacSHA256(Secret)
    }

    /// The `kid` that a token must name; nil takes any token of the algorithm, named or not.
    package let id: String?
    private let material: Material

    /// A key for HS256.
    package init(hs256 secret: Secret, id: String? = nil) {
        material = .hmacSHA256(secret)
        self.id = id
    }

    package var algorithm: Algorithm {
        switch material {
        case .hmacSHA256: .hs256
        }
    }

    /// Whether `signature` is this key's over `input`, the token's bytes up to its second dot.
    func verifies(_ signature: [UInt8], over input: ArraySlice<UInt8>) -> Bool {
        switch material {
        case .hmacSHA256(let secret):
            OpenSSLDigest.areEqual(signature, OpenSSLDigest.hmacSHA256(key: secret.bytes, message: input))
        }
    }
}
