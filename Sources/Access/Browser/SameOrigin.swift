/// Tells requests of our own pages from those that a foreign page makes a browser send along with our cookie.
package enum SameOrigin {
    /// Whether a request that changes state, authenticated by cookie, comes from a page of this very origin.
    ///
    /// `Sec-Fetch-Site`, where sent, must be `same-origin` (`none` is what a person types, and nobody types a POST);
    /// `Origin`, where sent, must name `host`. One of them must be there: every browser sends `Origin` with a POST or
    /// DELETE. The scheme is not compared, since a proxy may end TLS; `SameSite=Strict` and the port keep the two
    /// apart.
    /// - Parameters:
    ///   - origin: the `Origin` field, nil where absent.
    ///   - secFetchSite: the `Sec-Fetch-Site` field, nil where absent.
    ///   - host: the `Host` field of the request.
    package static func check(origin: String?, secFetchSite: String?, host: String) -> Bool {
        if let secFetchSite, secFetchSite != "same-origin" { return false }
        guard let origin else { return secFetchSite != nil }
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")] where origin.hasPrefix(scheme) {
            let named = withoutPort(port, origin.dropFirst(scheme.count).lowercased())
            return !named.isEmpty && named == withoutPort(port, host.lowercased())
        }
        return false  // "null" (a sandbox, a file), an extension, or nonsense
    }

    /// `host` less the default port of its scheme, which browsers leave out (RFC 6454 §6.1).
    private static func withoutPort(_ port: String, _ host: String) -> String {
        host.hasSuffix(port) ? String(host.dropLast(port.count)) : host
    }
}
