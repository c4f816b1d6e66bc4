/// Tells requests of our own pages from those that a foreign page makes a browser send along with our cookie.
package enum SameOrigin {
    /// Whether a request that changes state, authenticated by cookie, comes from a page of this very origin.
    ///
    /// `Sec-Fetch-Site`, where sent, must be `same-origin` (`none` is what a person types, and nobody types a POST);
    /// `Origin`, where sent, must name `host`. One of them must be there: every browser sends `Origin` with a POST or
    /// DELETE. Behind a proxy that ends TLS the server does not see the scheme; `isSecure` says what it is.
    /// - Parameters:
    ///   - origin: the `Origin` field, nil where absent.
    ///   - secFetchSite: the `Sec-Fetch-Site` field, nil where absent.
    ///   - host: the authority that the request is for.
    ///   - isSecure: whether browsers come by https alone, so that a page that came in the clear, which anybody on the way
    ///     may have written, is not our own.
    package static func check(origin: String?, secFetchSite: String?, host: String, isSecure: Bool = false) -> Bool {
        if let secFetchSite, secFetchSite != "same-origin" { return false }
        guard let origin else { return secFetchSite != nil }
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")] where origin.hasPrefix(scheme) {
            if isSecure, scheme == "http://" { return false }
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
