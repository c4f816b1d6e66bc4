import Foundation
import Testing

@testable import Access

/// What may stand in `auth.jwt.keys` and in the files that it names.
struct KeyFileTests {
    @Test(arguments: [
        ("k=RS256:/a.pem", "k", VerificationKey.Algorithm.rs256, "/a.pem"), ("k=PS256:a", "k", .ps256, "a"),
        ("2026-a=ES256:/x:y=z.pem", "2026-a", .es256, "/x:y=z.pem"), ("aGk==EdDSA:./k", "aGk=", .edDSA, "./k"),
    ])
    func `an item names its kid, its algorithm and its file`(
        text: String, id: String, algorithm: VerificationKey.Algorithm, path: String
    ) throws {
        let file = try #require(KeyFile(text))

        #expect(file.id == id && file.algorithm == algorithm && file.path == path)
    }

    @Test(arguments: [
        "", "k", "k=RS256", "k=RS256:", "=RS256:/a", "k=HS256:/a", "k=none:/a", "k=rs256:/a", "k=RS512:/a",
        "k RS256:/a",
        "a b=RS256:/a", "a,b=RS256:/a", "RS256:/a", "ü=RS256:/a", String(repeating: "k", count: 129) + "=RS256:/a",
    ])
    func `anything else is no item`(text: String) { #expect(KeyFile(text) == nil) }

    // MARK: Contents

    private func error(_ algorithm: VerificationKey.Algorithm, _ pem: some Sequence<UInt8>) -> KeyFileError? {
        do {
            _ = try VerificationKey(algorithm, pem: Array(pem), id: "k")
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (VerificationKey.Algorithm.rs256, KeyPair.Kind.rsa2048), (.ps256, .rsa2048), (.ps256, .rsaPSS), (.es256, .p256),
        (.edDSA, .ed25519),
    ])
    func `a public key or its certificate is read`(algorithm: VerificationKey.Algorithm, kind: KeyPair.Kind) throws {
        let pair = try KeyPair.of(kind)

        #expect(error(algorithm, pair.publicPEM.utf8) == nil)
        #expect(try error(algorithm, pair.certificate().utf8) == nil)
        // A comment before it, and the line ends of another system.
        #expect(error(algorithm, ("issuer: us\n" + pair.publicPEM.replacing("\n", with: "\r\n")).utf8) == nil)
    }

    @Test func `a certificate's key verifies what the key does`() throws {
        let pair = try KeyPair.of(.p256)
        let key = try VerificationKey(.es256, pem: Array(pair.certificate().utf8), id: nil)
        let verifier = TokenVerifier(keys: [key], purpose: .bearer(audience: nil))

        #expect(Forge.error(try pair.token(.es256, header: #"{"alg":"ES256"}"#), by: verifier) == nil)
    }

    @Test(arguments: [KeyPair.Kind.rsa2048, .p256, .ed25519])
    func `a private key is refused, and the refusal says what to do`(kind: KeyPair.Kind) throws {
        let pair = try KeyPair.of(kind)
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"

        for algorithm in VerificationKey.Algorithm.allCases where algorithm != .hs256 {
            #expect(error(algorithm, pair.privatePEM.utf8) == .privateKey)
            #expect(error(algorithm, (pair.publicPEM + pair.privatePEM).utf8) == .privateKey)
            #expect(error(algorithm, encrypted.utf8) == .privateKey)
        }
        #expect(KeyFileError.privateKey.description.contains("openssl pkey -in KEY -pubout"))
    }

    @Test func `a key is of the algorithm's kind`() throws {
        let wrong: [(VerificationKey.Algorithm, [KeyPair.Kind])] = [
            (.rs256, [.p256, .ed25519, .rsaPSS, .ed448]), (.ps256, [.p256, .ed25519]),
            (.es256, [.rsa2048, .p384, .secp256k1, .ed25519]), (.edDSA, [.rsa2048, .p256, .ed448, .x25519]),
        ]

        for (algorithm, kinds) in wrong {
            for kind in kinds {
                guard case .wrongKind = error(algorithm, try KeyPair.of(kind).publicPEM.utf8) else {
                    Issue.record("\(algorithm) took \(kind)")
                    continue
                }
            }
        }
        #expect(error(.ps256, try KeyPair.of(.rsaPSS512).publicPEM.utf8) == .malformed)
        #expect(error(.hs256, try KeyPair.of(.rsa2048).publicPEM.utf8) != nil)
    }

    @Test func `an RSA key has 2048 bits at least`() throws {
        #expect(error(.rs256, try KeyPair.of(.rsa2047).publicPEM.utf8) == .rsaBits(2047))
        #expect(error(.ps256, try KeyPair.of(.rsa2047).publicPEM.utf8) == .rsaBits(2047))
    }

    /// With e = 1 the signature is the padded digest itself, which anybody can write down.
    @Test(arguments: [[0x02, 0x01, 0x01], [0x02, 0x01, 0x02], [0x02, 0x01, 0x00]] as [[UInt8]])
    func `an RSA key with an exponent that protects nothing is refused`(exponent: [UInt8]) throws {
        var der = try #require(PEMBlock.all(in: Array(KeyPair.of(.rsa2048).publicPEM.utf8)).first?.der)
        #expect(der.suffix(5).elementsEqual([0x02, 0x03, 0x01, 0x00, 0x01]))
        der = der.dropLast(5) + exponent
        // The lengths of the whole, of the bit string and of the key in it.
        for place in [3, 22, 27] { der[place] -= 2 }

        #expect(throws: KeyFileError.malformed) { try PublicKey(der: der, isCertificate: false, for: .rs256) }
    }

    @Test func `a point off its curve is refused`() throws {
        var der = try #require(PEMBlock.all(in: Array(KeyPair.of(.p256).publicPEM.utf8)).first?.der)
        der[der.count - 1] ^= 1

        #expect(throws: KeyFileError.malformed) { try PublicKey(der: der, isCertificate: false, for: .es256) }
    }

    @Test func `a file holds one key in PEM and nothing beside`() throws {
        let pair = try KeyPair.of(.rsa2048)
        let pem = pair.publicPEM
        let body = pem.split(separator: "\n").dropFirst().dropLast().joined(separator: "\n")

        #expect(error(.rs256, "".utf8) == .notOneKey(labels: []))
        #expect(error(.rs256, try pair.publicKey(as: ["-outform", "DER"])) == .notOneKey(labels: []))
        #expect(error(.rs256, try pair.rsaPublicKey()) == .notOneKey(labels: ["RSA PUBLIC KEY"]))
        #expect(error(.rs256, (pem + pem).utf8) == .notOneKey(labels: ["PUBLIC KEY", "PUBLIC KEY"]))
        for damaged in [
            String(pem.dropLast(30)), pem.replacing("END PUBLIC", with: "END PRIVATE"),
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----", pem.replacing(body, with: "@" + body.dropFirst()),
            pem.replacing(body, with: body.dropLast(40)),
            "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n" + body + "\n-----END PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----",
        ] { #expect(error(.rs256, damaged.utf8) == .malformed, "\(damaged)") }
    }

    // MARK: Files

    @Test func `a file must be there, plain, and not everybody's to write`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "keyfile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let good = directory.appending(path: "k.pem")
        try Data(KeyPair.of(.ed25519).publicPEM.utf8).write(to: good)
        func error(_ path: String) -> KeyFileError? {
            do throws(KeyFileError) {
                _ = try KeyFile("k=EdDSA:\(path)")?.load()
                return nil
            } catch {
                return error
            }
        }

        #expect(error(good.path) == nil)
        #expect(error(directory.appending(path: "none.pem").path) == .unreadable(errno: 2))
        #expect(error(directory.path) == .notPlain)
        #expect(error("/dev/zero") == .notPlain)
        let large = directory.appending(path: "large.pem")
        try Data(repeating: 65, count: 65_537).write(to: large)
        #expect(error(large.path) == .malformed)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: good.path)
        #expect(error(good.path) == .writableByAll)
    }
}
