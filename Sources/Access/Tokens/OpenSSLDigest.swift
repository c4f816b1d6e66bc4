import COpenSSL

/// SHA-256, HMAC-SHA-256 and the constant-time comparison: the only calls of this module into C cryptography.
package enum OpenSSLDigest {
    /// The length of both digests, in bytes.
    static let byteCount = 32

    /// FIPS 180-4 SHA-256 of `bytes`.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        unsafe bytes.withUnsafeBufferPointer { input in
            unsafe digest.withUnsafeMutableBufferPointer { output in
                _ = unsafe SHA256(input.baseAddress, input.count, output.baseAddress)
            }
        }
        return digest
    }

    /// RFC 2104 HMAC of `message` with SHA-256.
    static func hmacSHA256(key: [UInt8], message: ArraySlice<UInt8>) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let done = unsafe key.withUnsafeBufferPointer { key in
            unsafe message.withUnsafeBufferPointer { input in
                unsafe digest.withUnsafeMutableBufferPointer { output in
                    unsafe HMAC(
                        EVP_sha256(), key.baseAddress, CInt(key.count), input.baseAddress, input.count,
                        output.baseAddress, nil) != nil
                }
            }
        }
        // HMAC fails only without memory or without the default provider; a MAC of zeros must never be compared.
        precondition(done, "libcrypto offers no HMAC-SHA-256")
        return digest
    }

    /// Whether both are the same bytes, in a time that depends on the length alone.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                unsafe left.isEmpty || CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
            }
        }
    }
}
