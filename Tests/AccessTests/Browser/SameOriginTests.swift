import Access
import Testing

struct SameOriginTests {
    @Test(
        arguments: [
            ("http://t.example", nil, "t.example"), ("https://t.example", "same-origin", "t.example"),
            ("http://t.example:8080", nil, "t.example:8080"), ("https://t.example", nil, "t.example:443"),
            ("http://t.example", nil, "t.example:80"), ("https://T.example", nil, "t.EXAMPLE"),
            (nil, "same-origin", "t.example"),
            ("http://[::1]:8080", nil, "[::1]:8080"),
        ] as [(String?, String?, String)])
    func `our own pages may change state`(origin: String?, site: String?, host: String) {
        #expect(SameOrigin.check(origin: origin, secFetchSite: site, host: host))
    }

    @Test(
        arguments: [
            (nil, nil, "t.example"), ("null", nil, "t.example"), ("null", "same-origin", "t.example"),
            ("http://evil.example", nil, "t.example"), ("http://t.example", "cross-site", "t.example"),
            ("http://t.example", "same-site", "t.example"), (nil, "none", "t.example"), (nil, "", "t.example"),
            ("http://t.example:8081", nil, "t.example:8080"), ("http://t.example.evil.example", nil, "t.example"),
            ("http://evil.example/t.example", nil, "t.example"), ("http://t.example@evil.example", nil, "t.example"),
            ("http://", nil, ""), ("t.example", nil, "t.example"), ("ftp://t.example", nil, "t.example"), ("", nil, ""),
            ("http://t.example:443", nil, "t.example"), ("https://t.example:80", nil, "t.example"),
            ("http://t.example, http://evil.example", nil, "t.example"),
            ("chrome-extension://t.example", nil, "t.example"),
            ("http://evil.example", "same-origin", "t.example"),
        ] as [(String?, String?, String)])
    func `others may not`(origin: String?, site: String?, host: String) {
        #expect(!SameOrigin.check(origin: origin, secFetchSite: site, host: host))
    }

    /// In the clear anybody on the way can write a page of our name.
    @Test(arguments: [("https://t.example", true), ("http://t.example", false), ("http://t.example:443", false)])
    func `behind https, a page that came without it is not our own`(origin: String, isOwn: Bool) {
        #expect(
            SameOrigin.check(origin: origin, secFetchSite: nil, host: "t.example", isSecure: true) == isOwn)
        #expect(SameOrigin.check(origin: nil, secFetchSite: "same-origin", host: "t.example", isSecure: true))
    }
}
