import Testing

@testable import TidelineService

struct ServiceURLTests {
    @Test(arguments: [
        ("https://tideline.example.org", true, "tideline.example.org", UInt16(443), "", "tideline.example.org"),
        ("https://tideline.example.org:443/", true, "tideline.example.org", 443, "", "tideline.example.org"),
        ("http://127.0.0.1:8080", false, "127.0.0.1", 8080, "", "127.0.0.1:8080"),
        ("http://localhost/live/", false, "localhost", 80, "/live", "localhost"),
        ("https://[::1]:8443/a/b", true, "::1", 8443, "/a/b", "[::1]:8443"),
        ("https://[::1]", true, "::1", 443, "", "[::1]"),
    ])
    func `a URL is taken apart`(
        text: String, isSecure: Bool, host: String, port: UInt16, prefix: String, authority: String
    ) throws {
        let url = try #require(ServiceURL(text))

        #expect(url.isSecure == isSecure && url.host == host && url.port == port && url.prefix == prefix)
        #expect(url.authority == authority)
        #expect(ServiceURL(url.description) == url)
    }

    @Test(arguments: [
        "", "tideline.example.org", "ftp://a", "https://", "https://:443", "http://a:0", "http://a:99999", "http://a:b",
        "http://u@a", "http://a?b", "http://a#b", "http://a\r\nX: y", "http://a b", "http://[::1]x",
    ])
    func `anything else is none`(text: String) {
        #expect(ServiceURL(text) == nil)
    }
}
