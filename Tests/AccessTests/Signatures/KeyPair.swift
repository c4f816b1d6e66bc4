import Foundation
import Synchronization

@testable import Access

/// A key pair that the `openssl` program made, which also signs with it: nothing of the code under test has a part in it.
struct KeyPair: Sendable {
    /// What `openssl genpkey` makes; each once for all tests.
    enum Kind: String, CaseIterable, Sendable {
        case rsa2048 = "RSA -pkeyopt rsa_keygen_bits:2048"
        case otherRSA = "RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3"
        case rsa2047 = "RSA -pkeyopt rsa_keygen_bits:2047"
        case rsaPSS = "RSA-PSS -pkeyopt rsa_keygen_bits:2048"
        /// May be used with SHA-512 alone.
        case rsaPSS512 = "RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha512"
        case p256 = "EC -pkeyopt ec_paramgen_curve:P-256"
        case otherP256 = "EC -pkeyopt ec_paramgen_curve:prime256v1"
        case p384 = "EC -pkeyopt ec_paramgen_curve:P-384"
        /// As many bits as P-256, and another curve.
        case secp256k1 = "EC -pkeyopt ec_paramgen_curve:secp256k1"
        case ed25519 = "ED25519"
        case otherEd25519 = "ed25519"
        case ed448 = "ED448"
        case x25519 = "X25519"
    }

    private static let directory = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
    private static let made = Mutex<[Kind: KeyPair]>([:])

    private let privateKeyPath: String
    let privatePEM: String
    let publicPEM: String

    static func of(_ kind: Kind) throws -> KeyPair {
        try made.withLock { made in
            if let known = made[kind] { return known }
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let path = directory.appending(path: "\(made.count).pem").path
            let options = kind.rawValue.split(separator: " ").map(String.init)
            _ = try OpenSSLProgram.run(["genpkey", "-algorithm"] + options + ["-out", path])
            let pair = KeyPair(
                privateKeyPath: path, privatePEM: try String(contentsOfFile: path, encoding: .utf8),
                publicPEM: String(
                    decoding: try OpenSSLProgram.run(["pkey", "-in", path, "-pubout"]), as: UTF8.self))
            made[kind] = pair
            return pair
        }
    }

    /// A self-signed certificate of the key; `days` may be over already.
    func certificate(days: Int = 1) throws -> String {
        String(
            decoding: try OpenSSLProgram.run([
                "req", "-new", "-x509", "-key", privateKeyPath, "-subj", "/CN=issuer", "-days", String(days),
            ]), as: UTF8.self)
    }

    /// `convert` by the `openssl` program: another form of the public key.
    func publicKey(as options: [String]) throws -> [UInt8] {
        try OpenSSLProgram.run(["pkey", "-in", privateKeyPath, "-pubout"] + options)
    }

    func rsaPublicKey() throws -> [UInt8] {
        try OpenSSLProgram.run(["rsa", "-in", privateKeyPath, "-RSAPublicKey_out"])
    }

    // MARK: Signing

    /// A signature over `input` in JOSE's form.
    /// - Parameter saltLength: of PSS, in bytes.
    func signature(_ scheme: SignatureScheme, over input: [UInt8], saltLength: Int = 32) throws -> [UInt8] {
        let file = Self.directory.appending(path: "input-\(UUID().uuidString)")
        try Data(input).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let digest = ["dgst", "-sha256", "-sign", privateKeyPath]
        switch scheme {
        case .rs256: return try OpenSSLProgram.run(digest + [file.path])
        case .ps256:
            let padding = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:\(saltLength)"]
            return try OpenSSLProgram.run(digest + padding + [file.path])
        case .es256: return try Self.raw(try OpenSSLProgram.run(digest + [file.path]))
        case .ed25519:
            return try OpenSSLProgram.run([
                "pkeyutl", "-sign", "-inkey", privateKeyPath, "-rawin", "-in", file.path,
            ])
        }
    }

    /// The DER form of an ECDSA signature, as libcrypto makes it.
    func ecdsaDER(over input: [UInt8]) throws -> [UInt8] {
        let raw = try signature(.es256, over: input)
        return ECDSASignature.der(raw)
    }

    /// r ‖ s of SEQUENCE { INTEGER, INTEGER }; of a 256-bit curve.
    private static func raw(_ der: [UInt8]) throws -> [UInt8] {
        var rest = der.dropFirst(2)
        var raw: [UInt8] = []
        for _ in 0..<2 {
            guard rest.first == 0x02, let length = rest.dropFirst().first else {
                throw OpenSSLProgram.Failure(said: "")
            }
            let digits = rest.dropFirst(2).prefix(Int(length)).drop { $0 == 0 }
            raw += Array(repeating: 0, count: max(0, 32 - digits.count)) + digits
            rest = rest.dropFirst(2 + Int(length))
        }
        return raw
    }

    /// A token with these two texts, signed by the scheme.
    func token(_ scheme: SignatureScheme, header: String, payload: String = Forge.payload()) throws -> [UInt8] {
        let input = Forge.segment(header) + [UInt8(ascii: ".")] + Forge.segment(payload)
        return input + [UInt8(ascii: ".")] + Base64URL.encode(try signature(scheme, over: input))
    }
}

/// The `openssl` program.
enum OpenSSLProgram {
    struct Failure: Error { let said: String }

    /// - Returns: what it wrote to standard output.
    static func run(_ arguments: [String]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(said: String(decoding: said, as: UTF8.self)) }
        return Array(bytes)
    }
}
