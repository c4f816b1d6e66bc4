import Access
import Testing

struct AllowedHostsTests {
    private static let hosts = AllowedHosts([
        "tideline.test", "Local.Test:8080", "tls.test:443", "plain.test:80", "[::1]", "[2001:DB8::1]:8443", "192.0.2.7",
    ])

    @Test(arguments: [
        ("tideline.test", true), ("TIDELINE.TEST", true), ("tideline.test:1", true), ("tideline.test:65535", true),
        ("tideline.test:", true), ("tideline.test:65536", false), ("tideline.test:99999", false),
        ("tideline.test:080", true), ("tideline.test.", false), (".tideline.test", false),
        ("a.tideline.test", false), ("tideline.test.evil.test", false), ("xtideline.test", false), ("tideline", false),
        ("local.test:8080", true), ("local.test:08080", true), ("local.test", false), ("local.test:808", false),
        ("local.test:80", false), ("local.test:80801", false),
        ("tls.test", true), ("tls.test:443", true), ("tls.test:80", false), ("plain.test", true),
        ("plain.test:80", true),
        ("plain.test:443", false),
        ("[::1]", true), ("[::1]:9", true), ("::1", false), ("[::1", false), ("::1]", false), ("[::2]", false),
        ("[0:0:0:0:0:0:0:1]", false), ("[::1].evil.test", false),
        ("[2001:db8::1]:8443", true), ("[2001:db8::1]", false), ("[2001:db8::1]:443", false),
        ("2001:db8::1:8443", false),
        ("192.0.2.7", true), ("192.0.2.7:8080", true), ("192.0.2.70", false), ("1192.0.2.7", false),
        ("", false), (":8080", false), ("local.test:8080 ", false), ("user@tideline.test", false),
        ("tideline.test/", false), ("tideline.test,evil.test", false), ("tideline.test:80:80", false), ("*", false),
    ])
    func `a host is on the list or not, letter by letter`(authority: String, isAllowed: Bool) {
        #expect(Self.hosts.contains(authority) == isAllowed)
    }

    @Test func `a request without a host is on no list`() { #expect(!Self.hosts.contains(nil)) }

    @Test(arguments: ["", "a b", "a/b", "http://a", "a:b", "a:99999", "[::1", "*", "*.example.org", "a,b", "ü.example"])
    func `what is no name cannot be put on the list`(text: String) { #expect(!AllowedHosts.isName(text)) }
}

struct AllowedOriginsTests {
    @Test(arguments: [
        ("https://app.example.org", "https://app.example.org"),
        ("HTTPS://App.Example.org:443", "https://app.example.org"),
        ("http://localhost:3000", "http://localhost:3000"), ("http://a.test:80", "http://a.test"),
        ("http://a.test:443", "http://a.test:443"), ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://[::1]", "https://[::1]"), ("capacitor://localhost", "capacitor://localhost"),
        ("https://a.test:08443", "https://a.test:8443"),
    ])
    func `an origin is known as browsers write it`(text: String, canonical: String) {
        #expect(AllowedOrigins.canonical(text) == canonical)
        #expect(AllowedOrigins([text]).contains(canonical))
    }

    @Test(arguments: [
        "*", "null", "", "app.example.org", "https://", "https://a.test/", "https://a.test/path", "https://*.a.test",
        "https://a.test?x", "https://user@a.test", "https://a.test:", "https://a.test:x", "https://a.test:65536",
        "://a.test", "1http://a.test", "https://a.test https://b.test", "https://a b.test", "file://",
        "https://[::1", "javascript:alert(1)",
    ])
    func `what is no single origin cannot be put on the list`(text: String) {
        #expect(AllowedOrigins.canonical(text) == nil)
        #expect(AllowedOrigins([text]).isEmpty)
    }

    @Test(arguments: [
        "null", "*", "https://app.example.org/", "https://APP.example.org", "https://app.example.org:443",
        "http://app.example.org", "https://app.example.org:8443", "https://app.example.org.evil.test",
        "https://evil.test/https://app.example.org", "https://xapp.example.org", "", " https://app.example.org",
    ])
    func `only the very origin is on the list`(origin: String) {
        #expect(!AllowedOrigins(["https://app.example.org"]).contains(origin))
    }
}
