import Testing

@testable import Access

struct OpenSSLDigestTests {
    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func `SHA-256 gives the digests of FIPS 180-4`(text: String, digest: String) {
        #expect(hexadecimal(OpenSSLDigest.sha256(Array(text.utf8))) == digest)
    }

    @Test func `HMAC-SHA-256 gives the MAC of RFC 4231, test case 2`() {
        let mac = OpenSSLDigest.hmacSHA256(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8)[...])

        #expect(hexadecimal(mac) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `the comparison sees length and every byte`() {
        let bytes: [UInt8] = [1, 2, 3, 4]

        #expect(OpenSSLDigest.areEqual(bytes, bytes))
        #expect(OpenSSLDigest.areEqual([], []))
        #expect(!OpenSSLDigest.areEqual(bytes, [1, 2, 3]))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x80
            #expect(!OpenSSLDigest.areEqual(bytes, other))
        }
    }
}
