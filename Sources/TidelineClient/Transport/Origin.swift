package import Foundation

/// Scheme, host and port of an address (RFC 6454 §4): how far a credential may travel.
struct Origin: Hashable {
    private let scheme: String
    private let host: String
    private let port: Int

    /// Nil when the address has no host.
    init?(_ url: URL) {
        guard let scheme = url.scheme?.lowercased(), let host = url.host?.lowercased() else { return nil }
        self.scheme = scheme
        self.host = host
        port = url.port ?? (scheme == "https" ? 443 : 80)
    }
}

/// What to do with a redirect.
package enum RedirectRule {
    /// Fields that are harmless to strangers; every other, above all `Authorization`, stays with the origin it was meant for.
    /// `URLSession` on Linux would forward all of them.
    private static let harmless: Set<String> = ["accept", "last-event-id"]

    /// The request that follows the redirect; nil when it must not be followed and its answer is the last word.
    ///
    /// A POST follows 307 and 308 only, and only within its origin: all others would turn it into a GET, whose answer
    /// is no receipt.
    package static func request(
        method: String, from source: URL, to target: URL, status: Int, headers: [String: String]
    ) -> [String: String]? {
        guard let origin = Origin(source), let destination = Origin(target) else { return nil }
        if method != "GET" { return origin == destination && (status == 307 || status == 308) ? headers : nil }
        return origin == destination ? headers : headers.filter { harmless.contains($0.key.lowercased()) }
    }
}
