import Glibc

/// An item of `auth.jwt.keys`: `KID=ALG:PATH`, such as `2026a=RS256:/etc/tideline/2026a.pem`.
package struct KeyFile: Sendable, Equatable {
    /// More than any key or certificate, so that a mistaken path is not read into memory.
    private static let maximumBytes = 65_536

    /// The `kid` of its tokens.
    package let id: String
    package let algorithm: VerificationKey.Algorithm
    package let path: String

    /// - Returns: nil unless `text` is of the form above. A `kid` is 1–128 visible ASCII characters without a comma, so
    ///   that a list in the environment can hold it; it may contain `=`.
    package init?(_ text: String) {
        for algorithm in VerificationKey.Algorithm.allCases where algorithm != .hs256 {
            guard let mark = text.firstRange(of: "=\(algorithm.rawValue):") else { continue }
            id = String(text[..<mark.lowerBound])
            self.algorithm = algorithm
            path = String(text[mark.upperBound...])
            let isKeyID =
                (1...128).contains(id.utf8.count)
                && id.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }
            if isKeyID, !path.isEmpty { return }
            return nil
        }
        return nil
    }

    /// Reads the file and makes the key of it. Blocks: at start and in commands only.
    package func load() throws(KeyFileError) -> VerificationKey {
        try VerificationKey(algorithm, pem: try read(), id: id)
    }

    private func read() throws(KeyFileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notPlain }
        // Whoever can write it can sign in as anyone.
        guard status.st_mode & S_IWOTH == 0 else { throw .writableByAll }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 8192)
        while bytes.count <= Self.maximumBytes {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(errno: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
        throw .malformed
    }
}

/// Why a file of `auth.jwt.keys` gives no key.
package enum KeyFileError: Error, Equatable, CustomStringConvertible {
    case unreadable(errno: Int32)
    case notPlain
    case writableByAll
    /// The secret half was given; it must not lie on a server that only verifies.
    case privateKey
    /// None, several, or other blocks than `PUBLIC KEY` and `CERTIFICATE`.
    case notOneKey(labels: [String])
    case malformed
    case wrongKind(expected: String)
    case rsaBits(Int)

    package var description: String {
        switch self {
        case .unreadable(let code): unsafe "cannot be read: \(String(cString: strerror(code)))"
        case .notPlain: "is no plain file"
        case .writableByAll: "can be written by everybody, who could then sign in as anyone (chmod o-w)"
        case .privateKey:
            "holds a private key, which belongs to the issuer of tokens alone; give the public half "
                + "(openssl pkey -in KEY -pubout), and take the private key off this machine"
        case .notOneKey(let labels) where labels.isEmpty:
            "holds no PEM block; a PUBLIC KEY or a CERTIFICATE is wanted (openssl pkey -pubin -inform DER …)"
        case .notOneKey(let labels):
            "holds \(labels.joined(separator: ", ")); one PUBLIC KEY or one CERTIFICATE is wanted"
        case .malformed: "is damaged, or holds an unsound key"
        case .wrongKind(let expected): "holds a key of another kind; the algorithm needs \(expected)"
        case .rsaBits(let bits):
            "holds an RSA key of \(bits) bits; \(PublicKey.rsaBits.lowerBound) to \(PublicKey.rsaBits.upperBound) are taken"
        }
    }
}

extension PublicKey {
    /// Reads a PEM file with exactly one block: a SubjectPublicKeyInfo or an X.509 certificate. Of a certificate only
    /// the key counts: it is trusted because it was configured, not because of who signed it or until when.
    convenience init(pem: [UInt8], for scheme: SignatureScheme) throws(KeyFileError) {
        let blocks = PEMBlock.all(in: pem)
        if blocks.contains(where: { $0.label.hasSuffix("PRIVATE KEY") }) { throw .privateKey }
        guard let block = blocks.first, blocks.count == 1, ["PUBLIC KEY", "CERTIFICATE"].contains(block.label) else {
            throw .notOneKey(labels: blocks.map(\.label))
        }
        guard let der = block.der else { throw .malformed }
        try self.init(der: der, isCertificate: block.label == "CERTIFICATE", for: scheme)
    }
}
