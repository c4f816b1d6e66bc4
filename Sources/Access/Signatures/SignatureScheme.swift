/// A signature scheme with a key pair that tokens may use, and what its keys must be.
enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 §3.3.
    case rs256
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt as long as the digest, RFC 7518 §3.5.
    case ps256
    /// ECDSA on P-256 with SHA-256, the signature as r ‖ s, RFC 7518 §3.4.
    case es256
    /// Ed25519, RFC 8037 §3.1. (`EdDSA` also names Ed448, which is not supported.)
    case ed25519

    var isRSA: Bool { self == .rs256 || self == .ps256 }

    /// libcrypto's names of the keys it may use. A key made for PSS alone is none for PKCS#1.
    var keyTypes: [String] {
        switch self {
        case .rs256: ["RSA"]
        case .ps256: ["RSA", "RSA-PSS"]
        case .es256: ["EC"]
        case .ed25519: ["ED25519"]
        }
    }

    /// What its keys are, for the operator.
    var keyKind: String {
        switch self {
        case .rs256, .ps256: "an RSA key"
        case .es256: "an EC key on P-256 (prime256v1)"
        case .ed25519: "an Ed25519 key"
        }
    }
}

/// ECDSA signatures between JOSE's form and libcrypto's.
enum ECDSASignature {
    /// SEQUENCE { INTEGER r, INTEGER s } in DER (X.690 §8.3) of `raw`, which is r ‖ s in 64 bytes.
    static func der(_ raw: [UInt8]) -> [UInt8] {
        let content = integer(raw.prefix(32)) + integer(raw.dropFirst(32))
        return [0x30, UInt8(content.count)] + content
    }

    /// Without leading zeros, and with one where the highest bit would be read as a sign.
    private static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }
}
