import COpenSSL

/// The public half of an issuer's key pair, with the one signature scheme it is used for.
///
/// All loops share it without a lock. That is sound, and `@unchecked` only because libcrypto cannot say it in Swift: an
/// `EVP_PKEY` may be used by several threads at once while none changes it (openssl-threads(7)). Nobody can: the handle
/// is private, complete when `init` returns, and given only to calls that read it and count references to it, which
/// libcrypto does atomically. Whatever a verification writes is in a context of its own.
@safe
final class PublicKey: @unchecked Sendable {
    /// Smaller RSA keys are refused (RFC 7518 §3.3); larger ones would make every forged token expensive.
    static let rsaBits = 2048...8192

    private let handle: OpaquePointer
    private let scheme: SignatureScheme
    /// What a signature must measure, to the byte.
    private let signatureBytes: Int

    /// Takes a SubjectPublicKeyInfo (`isCertificate` false) or an X.509 certificate in DER.
    /// - Throws: ``KeyFileError`` when it is not one key of the scheme's kind, or a weak or damaged one.
    init(der: [UInt8], isCertificate: Bool, for scheme: SignatureScheme) throws(KeyFileError) {
        guard let handle = unsafe isCertificate ? Self.certifiedKey(der) : Self.publicKey(der) else {
            ERR_clear_error()
            throw .malformed
        }
        unsafe self.handle = handle
        self.scheme = scheme
        let bits = Int(unsafe EVP_PKEY_get_bits(handle))
        signatureBytes = scheme.isRSA ? (bits + 7) / 8 : 64
        // The handle is freed by deinit from here on, also when a check throws.
        try checkKind(bits)
        guard unsafe Self.isValid(handle), canVerify else {
            ERR_clear_error()
            throw .malformed
        }
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// Whether `signature`, in JOSE's form, is this key's over `input`. Any thread.
    func verifies(_ signature: [UInt8], over input: ArraySlice<UInt8>) -> Bool {
        // Exactly: libcrypto would take an RSA signature without its leading zeros for the same one.
        guard signature.count == signatureBytes else { return false }
        let encoded = scheme == .es256 ? ECDSASignature.der(signature) : signature
        let isValid = unsafe withContext { context in
            unsafe encoded.withUnsafeBufferPointer { signature in
                unsafe input.withUnsafeBufferPointer { input in
                    unsafe EVP_DigestVerify(
                        context, signature.baseAddress, signature.count, input.baseAddress, input.count) == 1
                }
            }
        }
        // What went wrong stays in the thread's queue of errors otherwise.
        if !isValid { ERR_clear_error() }
        return isValid
    }

    /// Calls `body` with a context that verifies by this key and scheme; false where there can be none.
    private func withContext(_ body: (OpaquePointer) -> Bool) -> Bool {
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        // Ed25519 has its hash inside.
        let digest = unsafe scheme == .ed25519 ? nil : EVP_sha256()
        guard unsafe EVP_DigestVerifyInit(context, &parameters, digest, nil, handle) == 1 else { return false }
        if scheme == .ps256 {
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, CInt(OpenSSLDigest.byteCount)) == 1
            else { return false }
        }
        return unsafe body(context)
    }

    /// Whether the scheme can be set up at all: an RSASSA-PSS key may forbid its hash or its salt.
    private var canVerify: Bool { unsafe withContext { _ in true } }

    // MARK: Reading

    private static func publicKey(_ der: [UInt8]) -> OpaquePointer? {
        unsafe der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            guard let key = unsafe d2i_PUBKEY(nil, &next, bytes.count) else { return nil }
            if unsafe next == bytes.baseAddress?.advanced(by: bytes.count) { return unsafe key }
            unsafe EVP_PKEY_free(key)
            return nil
        }
    }

    private static func certifiedKey(_ der: [UInt8]) -> OpaquePointer? {
        unsafe der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            guard let certificate = unsafe d2i_X509(nil, &next, bytes.count) else { return nil }
            defer { unsafe X509_free(certificate) }
            guard unsafe next == bytes.baseAddress?.advanced(by: bytes.count) else { return nil }
            return unsafe X509_get_pubkey(certificate)
        }
    }

    // MARK: Checks

    private func checkKind(_ bits: Int) throws(KeyFileError) {
        guard scheme.keyTypes.contains(where: { unsafe EVP_PKEY_is_a(handle, $0) == 1 }) else {
            throw .wrongKind(expected: scheme.keyKind)
        }
        if scheme.isRSA, !Self.rsaBits.contains(bits) { throw .rsaBits(bits) }
        if scheme == .es256, unsafe Self.curve(of: handle) != "prime256v1" {
            throw .wrongKind(expected: scheme.keyKind)
        }
    }

    private static func curve(of handle: OpaquePointer) -> String? {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        let isNamed = unsafe name.withUnsafeMutableBufferPointer {
            unsafe EVP_PKEY_get_group_name(handle, $0.baseAddress, $0.count, &length) == 1
        }
        return isNamed ? String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    /// An odd exponent above one, a modulus without small factors, a point on its curve.
    private static func isValid(_ handle: OpaquePointer) -> Bool {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, handle, nil) else { return false }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        return unsafe EVP_PKEY_public_check(context) == 1
    }
}
