import Access
import Events
import Testing

/// The mistakes that RFC 8725 lists, as far as they concern HS256, and all that is nearly a token.
struct TokenForgeryTests {
    @Test(arguments: [
        "none", "None", "nOnE", "NONE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256", "HS256 ",
    ])
    func `no algorithm but the key's own counts, even rightly signed`(algorithm: String) throws {
        let token = Forge.token(header: #"{"alg":"\#(algorithm)"}"#)

        #expect(Forge.error(token, by: try Forge.verifier()) == .unsupportedAlgorithm)
    }

    @Test(arguments: ["none", "None", "nOnE", "HS256"])
    func `an empty signature is none`(algorithm: String) throws {
        let input = Forge.segment(#"{"alg":"\#(algorithm)"}"#) + [UInt8(ascii: ".")] + Forge.segment(Forge.payload())

        let error = Forge.error(input + [UInt8(ascii: ".")], by: try Forge.verifier())

        #expect(error == (algorithm == "HS256" ? .badSignature : .unsupportedAlgorithm))
    }

    @Test(arguments: [
        #"{}"#, #"{"typ":"JWT"}"#, #"{"alg":null}"#, #"{"alg":["HS256"]}"#, #"{"alg":256}"#, #"{"ALG":"HS256"}"#, "[]",
        "",
        #""HS256""#, #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256"} x"#,
        #"{"alg":"HS256","typ":"JOSE"}"#, #"{"alg":"HS256","typ":1}"#, #"{"alg":"HS256",}"#, #"{'alg':'HS256'}"#,
        #"{"alg":"HS256","\u0061lg":"none"}"#,
    ])
    func `a header of another shape is malformed`(header: String) throws {
        #expect(Forge.error(Forge.token(header: header), by: try Forge.verifier()) == .malformed)
    }

    @Test(arguments: [#"["exp"]"#, "[]", "null", #""x""#])
    func `crit is refused, whatever it says`(value: String) throws {
        let token = Forge.token(header: #"{"alg":"HS256","crit":\#(value)}"#)

        #expect(Forge.error(token, by: try Forge.verifier()) == .criticalExtension)
    }

    @Test func `a key that the token brings along is ignored`() throws {
        let own = "attacker-attacker-attacker-attacker"
        let jwk = #"{"kty":"oct","k":"\#(String(decoding: Forge.segment(own), as: UTF8.self))"}"#
        let header = #"{"alg":"HS256","jwk":\#(jwk),"jku":"https://evil.example/keys","kid":"../../dev/null"}"#

        let error = Forge.error(Forge.token(header: header, secret: own), by: try Forge.verifier())

        #expect(error == .badSignature)
    }

    @Test(arguments: ["", "\0", "0123456789abcdef0123456789ABCDE", "0123456789abcdef0123456789abcdef"])
    func `another key does not sign`(secret: String) throws {
        #expect(Forge.error(Forge.token(secret: secret), by: try Forge.verifier()) == .badSignature)
    }

    @Test(arguments: [
        "", "-1", "1.5", "1765000600.0", "1e10", #""1765000600""#, "null", "true", "[1765000600]", "253402300800",
        "9223372036854775807", "9223372036854775808", "1765000600000", "99999999999999999999999999999999",
    ])
    func `exp must be there and a sensible integer`(exp: String) throws {
        let payload = exp.isEmpty ? #"{"sub":"ada"}"# : #"{"sub":"ada","exp":\#(exp)}"#

        #expect(Forge.error(Forge.token(payload: payload), by: try Forge.verifier()) == .invalidClaim(.expiry))
    }

    @Test func `exp of zero is long ago`() throws {
        let token = Forge.token(payload: #"{"sub":"ada","exp":0}"#)

        #expect(Forge.error(token, by: try Forge.verifier()) == .expired)
    }

    @Test(arguments: [
        Forge.payload(more: #","sub":"eve""#), Forge.payload(more: #","exp":9999999999"#),
        Forge.payload(more: #","\u0073ub":"eve""#), Forge.payload() + " {}", "[" + Forge.payload() + "]", "null", "",
        #"{"sub":"ada","exp":01765000600}"#, #"{"sub":"\ud800","exp":1765000600}"#, "\u{FEFF}" + Forge.payload(),
        #"{"sub":"ada","exp":1765000600,"workspaces":{"acme":"member","acme":"admin"}}"#,
        #"{"a":"# + String(repeating: "[", count: 900) + String(repeating: "]", count: 900) + "}",
    ])
    func `claims that are not one strict JSON object are malformed`(payload: String) throws {
        #expect(Forge.error(Forge.token(payload: payload), by: try Forge.verifier()) == .malformed)
    }

    @Test func `claims that are not UTF-8 are malformed`() throws {
        let payload = Array(#"{"sub":"ada","exp":1765000600,"name":""#.utf8) + [0xC0, 0xAF] + Array(#""}"#.utf8)
        let input = Forge.segment(Forge.header) + [UInt8(ascii: ".")] + Base64URL.encode(payload)

        let error = Forge.error(input + [UInt8(ascii: ".")] + Forge.signature(of: input), by: try Forge.verifier())

        #expect(error == .malformed)
    }

    @Test func `only the one spelling of three segments is a token`() throws {
        let good = String(decoding: Forge.token(), as: UTF8.self)
        let parts = good.split(separator: ".").map(String.init)
        let wrong = [
            "", ".", "..", "...", good + ".", "." + good, good + "." + parts[2], good + "=", good + "==", good + "\n",
            " " + good, good + " ", "." + parts[1] + "." + parts[2], parts[0] + "." + parts[1],
            parts[0] + "=." + parts[1] + "." + parts[2], parts[0] + " ." + parts[1] + "." + parts[2],
            parts[0] + "." + parts[1] + "\r\n." + parts[2], parts[0] + "+." + parts[1] + "." + parts[2],
            "Bearer " + good,
            good + "\0",
        ]

        for text in wrong {
            #expect(Forge.error(Array(text.utf8), by: try Forge.verifier()) == .malformed, "\(text)")
        }
        // No claims: well-formed base64url, but nothing that was signed.
        let empty = Array((parts[0] + ".." + parts[2]).utf8)
        #expect(Forge.error(empty, by: try Forge.verifier()) == .badSignature)
    }

    @Test func `swapped segments are no token`() throws {
        let parts = String(decoding: Forge.token(), as: UTF8.self).split(separator: ".").map(String.init)
        let orders = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

        for order in orders {
            let token = order.map { parts[$0] }.joined(separator: ".")
            #expect(Forge.error(Array(token.utf8), by: try Forge.verifier()) != nil)
        }
    }

    @Test func `every truncation is refused`() throws {
        let token = Forge.token()
        let verifier = try Forge.verifier()

        #expect(Forge.error(token, by: verifier) == nil)
        for length in 0..<token.count {
            #expect(Forge.error(Array(token[..<length]), by: verifier) != nil)
        }
    }

    @Test func `every flipped bit is refused`() throws {
        let token = Forge.token()
        let verifier = try Forge.verifier()

        for index in token.indices {
            for bit in 0..<8 {
                var forged = token
                forged[index] ^= 1 << UInt8(bit)
                #expect(Forge.error(forged, by: verifier) != nil)
            }
        }
    }

    @Test func `a signature of the same claims under another header does not carry over`() throws {
        let signed = String(decoding: Forge.token(header: #"{"alg":"HS256"}"#), as: UTF8.self).split(separator: ".")
        let other = String(decoding: Forge.segment(#"{"alg":"HS256","kid":"a"}"#), as: UTF8.self)
        let token = [other[...], signed[1], signed[2]].joined(separator: ".")

        #expect(Forge.error(Array(token.utf8), by: try Forge.verifier()) == .badSignature)
    }

    @Test(arguments: [(0, nil), (1, TokenError.tooLarge)])
    func `a token has at most 8 KiB`(beyond: Int, expected: TokenError?) throws {
        // Base64url cannot reach every length: pad the name until the token has the wanted one.
        let wanted = TokenVerifier.maximumBytes
        var token: [UInt8] = []
        for length in stride(from: 5900, through: 6200, by: 1) {
            token = Forge.token(payload: Forge.payload(more: #","name":"\#(String(repeating: "n", count: length))""#))
            if token.count >= wanted + beyond { break }
        }

        #expect(token.count == wanted + beyond)
        #expect(Forge.error(token, by: try Forge.verifier()) == expected)
    }

    @Test func `without keys nothing is verified`() {
        let verifier = TokenVerifier(keys: [], purpose: .bearer(audience: nil))

        #expect(Forge.error(Forge.token(), by: verifier) == .unsupportedAlgorithm)
    }

    @Test func `noise is refused`() throws {
        var random = SeededGenerator(seed: 7)
        let verifier = try Forge.verifier()
        let alphabet = Array("abcAB019-_..{}\"=+/ \n".utf8)

        for _ in 0..<20_000 {
            let length = Int(random.next() % 64)
            let noise = (0..<length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            #expect(Forge.error(noise, by: verifier) != nil)
        }
    }
}
