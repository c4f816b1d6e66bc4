import Foundation
import Testing
import TidelineClient

struct OriginTests {
    private static let headers = [
        "Authorization": "Bearer t", "Accept": "text/event-stream", "Last-Event-ID": "e-1", "X-Api-Key": "k",
    ]

    private static func follow(_ method: String, _ from: String, _ to: String, _ status: Int) throws -> [String:
        String]?
    {
        RedirectRule.request(
            method: method, from: try #require(URL(string: from)), to: try #require(URL(string: to)), status: status,
            headers: headers)
    }

    @Test(arguments: [
        ("http://a.test/x", "http://a.test/y"), ("http://a.test/x", "http://A.test:80/y"),
        ("https://a.test/x", "https://a.test:443/y"), ("http://a.test:8080/", "http://a.test:8080/y"),
    ])
    func `within an origin everything follows`(from: String, to: String) throws {
        #expect(try Self.follow("GET", from, to, 302) == Self.headers)
    }

    @Test(arguments: [
        ("http://a.test/x", "http://b.test/x"), ("http://a.test/x", "http://a.test:81/x"),
        ("https://a.test/x", "http://a.test/x"), ("http://a.test/x", "https://a.test/x"),
        ("https://a.test/x", "https://a.test.evil.test/x"), ("https://a.test/x", "https://a.test@evil.test/x"),
    ])
    func `beyond it, no credential does`(from: String, to: String) throws {
        #expect(try Self.follow("GET", from, to, 307) == ["Accept": "text/event-stream", "Last-Event-ID": "e-1"])
    }

    @Test func `a post follows only where it stays one, within its origin`() throws {
        #expect(try Self.follow("POST", "http://a.test/x", "http://a.test/y", 307) == Self.headers)
        #expect(try Self.follow("POST", "http://a.test/x", "http://a.test/y", 308) == Self.headers)
        #expect(try Self.follow("POST", "http://a.test/x", "http://a.test/y", 302) == nil)
        #expect(try Self.follow("POST", "http://a.test/x", "http://b.test/y", 307) == nil)
    }
}
