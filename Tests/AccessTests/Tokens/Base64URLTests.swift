import Access
import Testing

struct Base64URLTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"), ("\u{3}\u{7F}~?", "A39-Pw"),
    ])
    func `text and bytes translate both ways`(plain: String, encoded: String) {
        #expect(Base64URL.encode(plain.utf8) == Array(encoded.utf8))
        #expect(Base64URL.decode(encoded.utf8) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Z", "Zg==", "Zm8=", "Zm9v\n", " Zm9v", "Zm+v", "Zm/v", "Zm9vY", "Zh", "Zm9", "Zm9vé", "Z.g", "Zg\0A",
    ])
    func `there is one spelling of each value`(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }

    @Test func `all byte values survive`() {
        let bytes = (0...255).map { UInt8($0) }

        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
}
