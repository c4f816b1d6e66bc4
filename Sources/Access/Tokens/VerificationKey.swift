/// A key that verifies tokens, bound to the one algorithm it is for (RFC 8725 §3.1): the token's header never chooses.
package struct VerificationKey: Sendable {
    /// What the `alg` header must say, letter for letter.
    package enum Algorithm: String, Sendable, CaseIterable {
        /// HMAC with SHA-256, RFC 7518 §3.2.
        case hs256 = "HS256"
        /// RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 §3.3.
        case rs256 = "RS256"
        /// RSASSA-PSS with SHA-256, RFC 7518 §3.5.
        case ps256 = "PS256"
        /// ECDSA on P-256 with SHA-256, RFC 7518 §3.4.
        case es256 = "ES256"
        /// Ed25519, RFC 8037 §3.1.
        case edDSA = "EdDSA"

        /// nil: there is no key pair.
        fileprivate var scheme: SignatureScheme? {
            switch self {
            case .hs256: nil
            case .rs256: .rs256
            case .ps256: .ps256
            case .es256: .es256
            case .edDSA: .ed25519
            }
        }
    }

    /// One case for each kind of key.
    private enum Material: Sendable {
        case hmacSHA256(Secret)
        case publicKey(PublicKey)
    }

    /// The `kid` of its tokens; nil takes any token of the algorithm that names no other key.
    package let id: String?
    package let algorithm: Algorithm
    private let material: Material

    /// A key for HS256.
    package init(hs256 secret: Secret, id: String? = nil) {
        algorithm = .hs256
        material = .hmacSHA256(secret)
        self.id = id
    }

    /// A public key from a PEM file's content.
    /// - Parameter algorithm: any but HS256, whose key is no file of this kind.
    /// - Throws: ``KeyFileError`` unless it holds one key that fits the algorithm.
    package init(_ algorithm: Algorithm, pem: [UInt8], id: String?) throws(KeyFileError) {
        guard let scheme = algorithm.scheme else { throw .wrongKind(expected: "a secret, not a key file") }
        self.algorithm = algorithm
        material = .publicKey(try PublicKey(pem: pem, for: scheme))
        self.id = id
    }

    /// Whether `signature` is this key's over `input`, the token's bytes up to its second dot.
    func verifies(_ signature: [UInt8], over input: ArraySlice<UInt8>) -> Bool {
        switch material {
        case .hmacSHA256(let secret):
            OpenSSLDigest.areEqual(signature, OpenSSLDigest.hmacSHA256(key: secret.bytes, message: input))
        case .publicKey(let key):
            key.verifies(signature, over: input)
        }
    }
}
