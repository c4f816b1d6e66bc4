import Foundation

/// A key pair of an issuer of tokens, made by the `openssl` program, which also signs with it.
struct IssuerKey: Sendable {
    enum Algorithm: String, CaseIterable, Sendable {
        case rs256 = "RS256", ps256 = "PS256", es256 = "ES256", edDSA = "EdDSA"
    }

    let algorithm: Algorithm
    let privatePath: String
    let publicPath: String

    /// Makes a pair; its files live in `directory` under `name`.
    static func make(_ algorithm: Algorithm, _ name: String, in directory: TemporaryDirectory) async throws -> IssuerKey
    {
        let options: [String] =
            switch algorithm {
            case .rs256, .ps256: ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            case .es256: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            case .edDSA: ["ED25519"]
            }
        let key = IssuerKey(
            algorithm: algorithm, privatePath: directory.file(name + ".key"), publicPath: directory.file(name + ".pem"))
        try await openssl(["genpkey", "-algorithm"] + options + ["-out", key.privatePath])
        try await openssl(["pkey", "-in", key.privatePath, "-pubout", "-out", key.publicPath])
        return key
    }

    /// The token's header and claims, signed; `header` is written as it is given, whatever the algorithm.
    func sign(_ token: TestToken, in directory: TemporaryDirectory) async throws -> String {
        let content =
            TestToken.encoded(Array(TestJSON.object(token.header).text.utf8)) + "."
            + TestToken.encoded(Array(TestJSON.object(token.claims).text.utf8))
        return content + "." + TestToken.encoded(try await signature(over: content, in: directory))
    }

    func signature(over content: String, in directory: TemporaryDirectory) async throws -> [UInt8] {
        let id = UUID().uuidString
        let input = try directory.write(content, to: "input-\(id)")
        let output = directory.file("signature-\(id)")
        switch algorithm {
        case .rs256, .es256:
            try await Self.openssl(["dgst", "-sha256", "-sign", privatePath, "-out", output, input])
        case .ps256:
            try await Self.openssl([
                "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sign",
                privatePath, "-out", output, input,
            ])
        case .edDSA:
            try await Self.openssl(["pkeyutl", "-sign", "-inkey", privatePath, "-rawin", "-in", input, "-out", output])
        }
        let signature = Array(try Data(contentsOf: URL(fileURLWithPath: output)))
        return algorithm == .es256 ? Self.joined(signature) : signature
    }

    static func openssl(_ arguments: [String]) async throws {
        let child = try ChildProcess("/usr/bin/env", ["openssl"] + arguments)
        let status = try await child.waitExit()
        guard status == 0 else {
            throw WaitError(description: "openssl \(arguments.first ?? ""): \(child.errors.elements)")
        }
    }

    /// r ‖ s of the DER that openssl writes.
    private static func joined(_ der: [UInt8]) -> [UInt8] {
        var rest = der.dropFirst(2)
        var raw: [UInt8] = []
        for _ in 0..<2 {
            let length = Int(rest.dropFirst().first ?? 0)
            let digits = rest.dropFirst(2).prefix(length).drop { $0 == 0 }
            raw += [UInt8](repeating: 0, count: max(0, 32 - digits.count)) + digits
            rest = rest.dropFirst(2 + length)
        }
        return raw
    }
}
