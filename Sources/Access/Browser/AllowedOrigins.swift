/// `server.allowedOrigins`: the pages of other origins whose scripts may read what this server answers (WHATWG Fetch §3.3).
///
/// They bring a token of their own. Cookies are no part of it: no answer says `Access-Control-Allow-Credentials`, so a
/// browser shows no page of another origin what our cookie opens. Neither `*` nor `null` can be on the list; `null` is
/// what every sandboxed frame and local file sends.
package struct AllowedOrigins: Sendable {
    private let origins: Set<String>

    /// - Parameter texts: those that are no origins are left out; ``canonical(_:)`` tells.
    package init(_ texts: [String]) { origins = Set(texts.compactMap(Self.canonical)) }

    package var isEmpty: Bool { origins.isEmpty }

    /// Whether `origin`, as a browser serialises it, is on the list; letter by letter.
    package func contains(_ origin: String) -> Bool { origins.contains(origin) }

    /// The origin that `text` means, as browsers write it: in lower case, without the port of its scheme (RFC 6454 §6.2).
    /// - Returns: nil unless it is `scheme://host[:port]` and nothing else.
    package static func canonical(_ text: String) -> String? {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard let first = scheme.utf8.first, (0x61...0x7A).contains(first),
            scheme.utf8.allSatisfy({
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
            })
        else { return nil }
        let authority = Array(text[mark.upperBound...].utf8)
        let colon = authority.lastIndex(of: UInt8(ascii: ":")).flatMap { colon in
            authority[colon...].contains(UInt8(ascii: "]")) ? nil : colon
        }
        guard let host = HostName.lowercased(authority[..<(colon ?? authority.endIndex)]) else { return nil }
        guard let colon else { return "\(scheme)://\(host)" }
        guard let port = HostName.port(authority[(colon + 1)...]) else { return nil }
        let isImplied = scheme == "http" && port == 80 || scheme == "https" && port == 443
        return isImplied ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)"
    }
}
