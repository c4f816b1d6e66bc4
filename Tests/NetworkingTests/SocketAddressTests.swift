import Networking
import Testing

struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", SocketAddress.v4(0x7F00_0001, port: 8080)),
        ("0.0.0.0:0", .v4(0, port: 0)),
        ("255.1.2.3:65535", .v4(0xFF01_0203, port: 65_535)),
        ("[::1]:80", .v6(0, 1, port: 80)),
        ("[2001:db8::ff]:443", .v6(0x2001_0db8_0000_0000, 0xff, port: 443)),
        ("unix:/run/a b.sock", .unix(path: "/run/a b.sock")),
    ])
    func `an address is read and written alike`(text: String, address: SocketAddress) throws {
        #expect(try SocketAddress(parsing: text) == address)
        #expect(address.text == text)
    }

    @Test func `localhost is 127.0.0.1`() throws {
        #expect(try SocketAddress(parsing: "localhost:1") == .v4(0x7F00_0001, port: 1))
    }

    @Test(arguments: [
        "", ":", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
        "127.0.0.1: 1",
        "127.0.0.1:8080x", "::1:80", "[::1]80", "[::1", "[]:1", "[127.0.0.1]:1", "127.0.0.256:1", "127.1:1",
        "example.org:80", "unix:",
        "unix:a\u{0}b", "[::1%lo]:1", "127.0.0.1:9999999999999999999999",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: NetworkError.malformedAddress(text)) { try SocketAddress(parsing: text) }
    }

    @Test func `loopback is told from the rest`() {
        #expect(SocketAddress.v4(0x7F01_0203, port: 1).isLoopback)
        #expect(SocketAddress.v6(0, 1, port: 1).isLoopback)
        #expect(SocketAddress.unix(path: "/x").isLoopback)
        #expect(!SocketAddress.v4(0x0A00_0001, port: 1).isLoopback)
        #expect(!SocketAddress.v6(0, 2, port: 1).isLoopback)
    }
}
