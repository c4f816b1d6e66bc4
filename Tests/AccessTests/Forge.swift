import Events

@testable import Access

/// Makes tokens of any content, right and wrong; the clock stands at ``now``.
enum Forge {
    static let now: Milliseconds = 1_765_000_000_000
    static let nowSeconds = now / 1000
    static let secretText = "0123456789abcdef0123456789ABCDEF"

    static func secret(_ text: String = secretText) throws -> Secret { try Secret(text) }

    static func verifier(
        _ purpose: TokenPurpose = .bearer(audience: nil), issuer: String? = nil, keyID: String? = nil
    ) throws -> TokenVerifier {
        TokenVerifier(keys: [VerificationKey(hs256: try secret(), id: keyID)], purpose: purpose, issuer: issuer)
    }

    static let header = #"{"alg":"HS256","typ":"JWT"}"#

    /// The claims of an ordinary member, with `more` at the end: `,"nbf":1`.
    static func payload(exp: String = "\(nowSeconds + 600)", more: String = "") -> String {
        #"{"sub":"ada","workspaces":{"acme":"member"},"iat":\#(nowSeconds),"exp":\#(exp)\#(more)}"#
    }

    /// A token of these two texts, rightly signed with HMAC-SHA-256 whatever the header says.
    static func token(header: String = header, payload: String = payload(), secret: String = secretText) -> [UInt8] {
        let input = segment(header) + [UInt8(ascii: ".")] + segment(payload)
        return input + [UInt8(ascii: ".")] + signature(of: input, secret: secret)
    }

    static func segment(_ text: String) -> [UInt8] { Base64URL.encode(text.utf8) }

    static func signature(of input: [UInt8], secret: String = secretText) -> [UInt8] {
        Base64URL.encode(OpenSSLDigest.hmacSHA256(key: Array(secret.utf8), message: input[...]))
    }

    /// Why `token` is refused; nil when it is not.
    static func error(
        _ token: [UInt8], by verifier: TokenVerifier, now: Milliseconds = now
    ) -> TokenError? {
        do {
            _ = try verifier.verify(token, now: now)
            return nil
        } catch {
            return error
        }
    }
}

/// SplitMix64: the same numbers in each run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
