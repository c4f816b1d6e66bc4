import Events
import Testing

@testable import Access

/// Tokens signed with key pairs: what holds for every algorithm, by a table of them.
struct SignatureTests {
    /// An algorithm with a key of its own, and one of the same kind that is somebody else's.
    struct Row: Sendable, CustomTestStringConvertible {
        let algorithm: VerificationKey.Algorithm
        let scheme: SignatureScheme
        let key: KeyPair.Kind
        let foreign: KeyPair.Kind

        var testDescription: String { algorithm.rawValue }
        var header: String { #"{"alg":"\#(algorithm.rawValue)","typ":"JWT","kid":"k"}"# }

        func verifier(id: String? = "k") throws -> TokenVerifier {
            let key = try VerificationKey(algorithm, pem: Array(KeyPair.of(key).publicPEM.utf8), id: id)
            // Beside the secret, as every server has it.
            return TokenVerifier(
                keys: [VerificationKey(hs256: try Forge.secret()), key], purpose: .bearer(audience: nil))
        }

        func token(header: String? = nil, payload: String = Forge.payload()) throws -> [UInt8] {
            try KeyPair.of(key).token(scheme, header: header ?? self.header, payload: payload)
        }
    }

    static let rows = [
        Row(algorithm: .rs256, scheme: .rs256, key: .rsa2048, foreign: .otherRSA),
        Row(algorithm: .ps256, scheme: .ps256, key: .rsa2048, foreign: .otherRSA),
        Row(algorithm: .es256, scheme: .es256, key: .p256, foreign: .otherP256),
        Row(algorithm: .edDSA, scheme: .ed25519, key: .ed25519, foreign: .otherEd25519),
    ]

    @Test(arguments: rows)
    func `a token of the key's own is taken, and the secret's besides`(row: Row) throws {
        let verifier = try row.verifier()

        #expect(try verifier.verify(row.token(), now: Forge.now).user == UserID(validated: "ada"))
        #expect(Forge.error(Forge.token(), by: verifier) == nil)
    }

    @Test(arguments: rows)
    func `a token of another key is refused`(row: Row) throws {
        let token = try KeyPair.of(row.foreign).token(row.scheme, header: row.header)

        #expect(Forge.error(token, by: try row.verifier()) == .badSignature)
    }

    @Test(arguments: rows)
    func `the claims are checked as ever`(row: Row) throws {
        let stale = try row.token(payload: Forge.payload(exp: "\(Forge.nowSeconds - 61)"))
        let misdirected = try row.token(payload: Forge.payload(more: #","aud":"tideline:session""#))

        #expect(Forge.error(stale, by: try row.verifier()) == .expired)
        #expect(Forge.error(misdirected, by: try row.verifier()) == .wrongAudience)
    }

    /// The classic: the public key is public, and a verifier that let the header choose would take it for a secret.
    @Test(arguments: rows)
    func `a public key is no secret of HS256`(row: Row) throws {
        let pem = try KeyPair.of(row.key).publicPEM
        let der = try #require(PEMBlock.all(in: Array(pem.utf8)).first?.der)
        for secret in [Array(pem.utf8), Array(pem.utf8.dropLast()), der] {
            for header in [#"{"alg":"HS256","kid":"k"}"#, #"{"alg":"HS256"}"#] {
                let input = Forge.segment(header) + [UInt8(ascii: ".")] + Forge.segment(Forge.payload())
                let mac = OpenSSLDigest.hmacSHA256(key: secret, message: input[...])
                let token = input + [UInt8(ascii: ".")] + Base64URL.encode(mac)

                #expect(Forge.error(token, by: try row.verifier()) == .badSignature)
            }
        }
    }

    @Test(
        arguments: rows, ["none", "None", "", "HS256", "RS256", "PS256", "ES256", "EdDSA", "Ed25519", "RS512", "ES384"])
    func `the header does not choose the algorithm`(row: Row, algorithm: String) throws {
        guard algorithm != row.algorithm.rawValue else { return }
        let token = try row.token(header: #"{"alg":"\#(algorithm)","kid":"k"}"#)

        let error = Forge.error(token, by: try row.verifier())

        #expect(error == (algorithm == "HS256" ? .badSignature : .unsupportedAlgorithm))
    }

    @Test(arguments: rows)
    func `an empty signature is none`(row: Row) throws {
        for algorithm in [row.algorithm.rawValue, "none"] {
            let input =
                Forge.segment(#"{"alg":"\#(algorithm)"}"#) + [UInt8(ascii: ".")] + Forge.segment(Forge.payload())
            #expect(Forge.error(input + [UInt8(ascii: ".")], by: try row.verifier()) != nil)
        }
    }

    @Test(arguments: rows)
    func `a signature of any other length is refused`(row: Row) throws {
        let token = try row.token()
        let dot = try #require(token.lastIndex(of: UInt8(ascii: ".")))
        let signature = try #require(Base64URL.decode(token[(dot + 1)...]))
        let wrong: [[UInt8]] = [
            Array(signature.dropLast()), Array(signature.dropFirst()), signature + [0], [0] + signature,
            signature + signature, Array(signature.prefix(32)), Array(signature.prefix(1)),
        ]

        for wrong in wrong {
            let forged = token[...dot] + Base64URL.encode(wrong)
            #expect(Forge.error(Array(forged), by: try row.verifier()) == .badSignature, "\(wrong.count) bytes")
        }
    }

    @Test(arguments: rows)
    func `a flipped bit anywhere in the token is refused`(row: Row) throws {
        let token = try row.token()
        let verifier = try row.verifier()

        for index in token.indices {
            var forged = token
            forged[index] ^= 1 << UInt8(index % 7)
            #expect(Forge.error(forged, by: verifier) != nil, "byte \(index)")
        }
    }

    /// Names that other verifiers have looked up as paths, queries or addresses; here they are compared.
    @Test(arguments: [
        "../../../../dev/null", "/dev/null", "k'; --", "' OR '1'='1", "' UNION SELECT 'key", "K", "k ", "k\\u0000", "",
        "*", "http://evil.example/key.pem", "file:///etc/passwd", "| cat", "%6b", "$(id)",
    ])
    func `a kid is a name and nothing else`(kid: String) throws {
        for row in Self.rows {
            let token = try row.token(header: #"{"alg":"\#(row.algorithm.rawValue)","kid":"\#(kid)"}"#)
            #expect(Forge.error(token, by: try row.verifier()) == .unknownKey)
        }
    }

    @Test(arguments: rows)
    func `a kid that is no text is malformed`(row: Row) throws {
        for kid in ["1", "null", "[]", #"["k"]"#, "{}", "true"] {
            let token = try row.token(header: #"{"alg":"\#(row.algorithm.rawValue)","kid":\#(kid)}"#)
            #expect(Forge.error(token, by: try row.verifier()) == .malformed)
        }
    }

    @Test(arguments: rows)
    func `crit, duplicates and keys of the token's own are refused or ignored`(row: Row) throws {
        let verifier = try row.verifier()
        let name = row.algorithm.rawValue
        func error(_ header: String) throws -> TokenError? { Forge.error(try row.token(header: header), by: verifier) }

        #expect(try error(#"{"alg":"\#(name)","kid":"k","crit":["b64"],"b64":false}"#) == .criticalExtension)
        #expect(try error(#"{"alg":"\#(name)","alg":"\#(name)","kid":"k"}"#) == .malformed)
        #expect(try error(#"{"alg":"\#(name)","kid":"k","kid":"k"}"#) == .malformed)
        #expect(try error(#"{"alg":"\#(name)","kid":"k","\u006bid":"k"}"#) == .malformed)
        let foreign = try KeyPair.of(row.foreign)
        let own = foreign.publicPEM.split(separator: "\n").dropFirst().dropLast().joined()
        let header = #"{"alg":"\#(name)","kid":"k","jku":"https://evil.example","x5c":["\#(own)"],"jwk":{"kty":"x"}}"#
        #expect(Forge.error(try foreign.token(row.scheme, header: header), by: verifier) == .badSignature)
    }

    @Test(arguments: rows)
    func `claims that stand twice are malformed, also under a good signature`(row: Row) throws {
        let token = try row.token(payload: Forge.payload(more: #","sub":"eve""#))

        #expect(Forge.error(token, by: try row.verifier()) == .malformed)
    }

    @Test(arguments: rows)
    func `an oversized token is not even looked at`(row: Row) throws {
        let name = String(repeating: "n", count: TokenVerifier.maximumBytes)
        let token = try row.token(payload: Forge.payload(more: #","name":"\#(name)""#))

        #expect(Forge.error(token, by: try row.verifier()) == .tooLarge)
    }

    @Test(arguments: rows)
    func `one key verifies on many threads at once`(row: Row) async throws {
        let verifier = try row.verifier()
        let token = try row.token()
        var forged = token
        forged[forged.count - 2] ^= 1

        let wrong = await withTaskGroup(of: Int.self) { [forged] group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<200).count { _ in
                        Forge.error(token, by: verifier) != nil || Forge.error(forged, by: verifier) == nil
                    }
                }
            }
            return await group.reduce(0, +)
        }

        #expect(wrong == 0)
    }

    // MARK: Which key

    @Test func `a token without kid is taken while its algorithm has one key`() throws {
        for row in Self.rows {
            let header = #"{"alg":"\#(row.algorithm.rawValue)"}"#
            #expect(Forge.error(try row.token(header: header), by: try row.verifier()) == nil)
        }
    }

    @Test func `with several keys of its algorithm a token names one, and is judged by that`() throws {
        let keys = try [("a", KeyPair.Kind.rsa2048), ("b", .otherRSA)].map { name, kind in
            try VerificationKey(.rs256, pem: Array(KeyPair.of(kind).publicPEM.utf8), id: name)
        }
        let verifier = TokenVerifier(keys: keys, purpose: .bearer(audience: nil))
        func error(_ kid: String?, _ kind: KeyPair.Kind) throws -> TokenError? {
            let header = kid.map { #"{"alg":"RS256","kid":"\#($0)"}"# } ?? #"{"alg":"RS256"}"#
            return Forge.error(try KeyPair.of(kind).token(.rs256, header: header), by: verifier)
        }

        #expect(try error("a", .rsa2048) == nil && error("b", .otherRSA) == nil)
        #expect(try error("b", .rsa2048) == .badSignature && error("a", .otherRSA) == .badSignature)
        #expect(try error(nil, .rsa2048) == .keyNotNamed)
        #expect(try error("c", .rsa2048) == .unknownKey)
    }

    /// RS256 and PS256 share their kind of key: bound to the one, it does not serve the other.
    @Test func `an RSA key is for PKCS1 or for PSS, as it is configured`() throws {
        let pem = Array(try KeyPair.of(.rsa2048).publicPEM.utf8)
        let keys = [
            try VerificationKey(.rs256, pem: pem, id: "r"), try VerificationKey(.ps256, pem: pem, id: "p"),
        ]
        let verifier = TokenVerifier(keys: keys, purpose: .bearer(audience: nil))
        func error(_ alg: String, _ kid: String, _ scheme: SignatureScheme) throws -> TokenError? {
            let header = #"{"alg":"\#(alg)","kid":"\#(kid)"}"#
            return Forge.error(try KeyPair.of(.rsa2048).token(scheme, header: header), by: verifier)
        }

        #expect(try error("RS256", "r", .rs256) == nil && error("PS256", "p", .ps256) == nil)
        #expect(try error("RS256", "r", .ps256) == .badSignature && error("PS256", "p", .rs256) == .badSignature)
        #expect(try error("PS256", "r", .ps256) == .unknownKey && error("RS256", "p", .rs256) == .unknownKey)
    }
}

/// What one algorithm alone can get wrong.
struct SignatureFormTests {
    private let input = Array("input".utf8)

    private func key(_ scheme: SignatureScheme, _ kind: KeyPair.Kind) throws -> PublicKey {
        try PublicKey(pem: Array(KeyPair.of(kind).publicPEM.utf8), for: scheme)
    }

    // MARK: ES256

    @Test func `an ECDSA signature in DER is refused`() throws {
        let der = try KeyPair.of(.p256).ecdsaDER(over: input)
        let key = try key(.es256, .p256)

        #expect(!key.verifies(der, over: input[...]))
        #expect(!key.verifies(Array((der + [UInt8](repeating: 0, count: 64)).prefix(64)), over: input[...]))
    }

    /// The order of P-256.
    private static let order: [UInt8] =
        [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8)
        + [
            0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]

    /// CVE-2022-21449: r = s = 0 satisfied the equation for every message and key.
    @Test func `r and s lie between one and the order`() throws {
        let good = try KeyPair.of(.p256).signature(.es256, over: input)
        let key = try key(.es256, .p256)
        let zero = [UInt8](repeating: 0, count: 32)
        let one = [UInt8](zero.dropLast()) + [1]
        let most = [UInt8](repeating: 0xFF, count: 32)
        let (r, s) = (Array(good.prefix(32)), Array(good.suffix(32)))

        #expect(key.verifies(good, over: input[...]))
        let wrongs: [[UInt8]] = [
            zero + zero, zero + s, r + zero, one + one, Self.order + Self.order, Self.order + s, r + Self.order,
            most + most, most + s, r + most, s + r, zero + one, one + zero, Self.order + zero,
        ]
        for wrong in wrongs { #expect(!key.verifies(wrong, over: input[...])) }
    }

    /// ECDSA has two signatures of each, s and n − s; neither JOSE nor X9.62 prefers one. What is used once is therefore
    /// known by the token's id, never by its bytes.
    @Test func `the mirrored signature is one too`() throws {
        let good = try KeyPair.of(.p256).signature(.es256, over: input)
        let key = try key(.es256, .p256)
        var mirrored = Array(good.suffix(32))
        var borrow = 0
        for index in mirrored.indices.reversed() {
            let digit = Int(Self.order[index]) - Int(mirrored[index]) - borrow
            borrow = digit < 0 ? 1 : 0
            mirrored[index] = UInt8(digit < 0 ? digit + 256 : digit)
        }

        #expect(key.verifies(Array(good.prefix(32)) + mirrored, over: input[...]))
    }

    @Test(arguments: [
        ([UInt8](repeating: 0, count: 64), [0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00]),
        (
            [UInt8](repeating: 0, count: 31) + [0x7F] + [UInt8](repeating: 0, count: 31) + [0x80],
            [0x30, 0x07, 0x02, 0x01, 0x7F, 0x02, 0x02, 0x00, 0x80]
        ),
        (
            [UInt8](repeating: 0xFF, count: 64),
            [0x30, 0x46, 0x02, 0x21, 0x00] + [UInt8](repeating: 0xFF, count: 32) + [0x02, 0x21, 0x00]
                + [UInt8](repeating: 0xFF, count: 32)
        ),
    ])
    func `integers are written in their shortest form`(raw: [UInt8], der: [UInt8]) {
        #expect(ECDSASignature.der(raw) == der)
    }

    @Test func `RFC 7515, appendix A3, is verified with its own key`() throws {
        let point: [UInt8] = try [
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        ]
        .flatMap { try #require(Base64URL.decode($0.utf8)) }
        let prefix: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
            0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ]
        let key = try PublicKey(der: prefix + point, isCertificate: false, for: .es256)
        let input =
            "eyJhbGciOiJFUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let signature = try #require(
            Base64URL.decode(
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q".utf8))

        #expect(key.verifies(signature, over: Array(input.utf8)[...]))
        #expect(!key.verifies(signature, over: Array(input.utf8).dropLast()))
    }

    // MARK: EdDSA

    @Test func `RFC 8037, appendix A4, is verified with its own key`() throws {
        let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        let x = try #require(Base64URL.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".utf8))
        let key = try PublicKey(der: prefix + x, isCertificate: false, for: .ed25519)
        let input = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
        let signature = try #require(
            Base64URL.decode(
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg".utf8))

        #expect(key.verifies(signature, over: input[...]))
    }

    // MARK: RSA

    @Test(arguments: [(32, true), (0, false), (20, false), (31, false), (33, false), (64, false), (222, false)])
    func `a salt is as long as the digest`(length: Int, isTaken: Bool) throws {
        let signature = try KeyPair.of(.rsa2048).signature(.ps256, over: input, saltLength: length)

        #expect(try key(.ps256, .rsa2048).verifies(signature, over: input[...]) == isTaken)
    }

    @Test func `a key made for PSS serves PS256 alone`() throws {
        let signature = try KeyPair.of(.rsaPSS).signature(.ps256, over: input)

        #expect(try key(.ps256, .rsaPSS).verifies(signature, over: input[...]))
        #expect(throws: KeyFileError.self) { try key(.rs256, .rsaPSS) }
    }

    /// Bleichenbacher 2006: with e = 3, a verifier that does not look behind the digest takes a cube root for a signature.
    @Test func `what stands behind the digest counts, also with a small exponent`() throws {
        let good = try KeyPair.of(.otherRSA).signature(.rs256, over: input)
        let key = try key(.rs256, .otherRSA)

        #expect(key.verifies(good, over: input[...]))
        #expect(!key.verifies([UInt8](repeating: 0, count: 255) + [1], over: input[...]))
        #expect(!key.verifies([UInt8](repeating: 0, count: 256), over: input[...]))
        #expect(!key.verifies([UInt8](repeating: 0xFF, count: 256), over: input[...]))
    }

    /// libcrypto reads a PSS signature as a number and takes it without its leading zero, so that one token would have
    /// two spellings. The signature was chosen for that zero, which one in 256 has.
    @Test func `an RSA signature is as long as its key, leading zeros included`() throws {
        let pem = """
            -----BEGIN PUBLIC KEY-----
            MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvPm+0fKBNZKnLTZPtNyE
            vkTNJ6mMmETV+PNIrh2/9AIqvmE/BjeGGnNrRh1HkLRw5w2Y8ulKL3IpcCY5nGml
            wO+zp7T9/89AyWJaBOkw7GGy4RdwHLqlOT1Wo5h+f5fp5yKTkNe53Ou6udjHCarT
            3fItZLu+B7Qb+niRFFKGikKgf6PvkeSfJpe9vk78j8XeKMDwuBD+xqIHCQuSGpwD
            JDf0tfEFU8ZssEJrh3tuYjOB/Ow1TzuFKnJnTkqC4uzh9bIF1CYnE4gnB3qXEEwO
            iQWRl4G7VGx4w+fdjsbhq/JbC1SiC3oyzk25GXdfQeKM7/hYQpQrscCazuzv+yjF
            eQIDAQAB
            -----END PUBLIC KEY-----
            """
        let text =
            "ANA9kY6ZaQw4Ldcn-YSFRVAdCO18ZYGWchwOZq7bB9FdvM99pE20EG1H0qH9wtpzMFhETeh8W4dITka4ip4hpkA2EUeyoiidkgpzOQ-R"
            + "pfBOc0eH_eevEI1_2a0uauJJMKfrPmTVeZGvOLcMh-iwXZpPQb3tFD8P5BdtbdSCMrldcDps0U9r66pNJzuxDvVTEP0GkC0FhdTDVYt"
            + "FM3JWAg-47HP2wlCKUbdl9Y5NFIx_DD3y-MaoxbBt3Z70AX7DZNnFyQyTLEmhYjIabGTZnQiTV-sstUg3S7nRNYod98R6Jn4vD5Xdl9"
            + "rlta0-Qnxb6PfatCx728b3blL_410LnQ"
        let signature = try #require(Base64URL.decode(text.utf8))
        let key = try PublicKey(pem: Array(pem.utf8), for: .ps256)

        #expect(signature.count == 256 && signature.first == 0)
        #expect(key.verifies(signature, over: input[...]))
        #expect(!key.verifies(Array(signature.dropFirst()), over: input[...]))
        #expect(!key.verifies([0] + signature, over: input[...]))
    }
}
