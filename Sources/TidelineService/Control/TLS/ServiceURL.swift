/// Where a server is reached from outside: `https://HOST[:PORT][/PREFIX]`, or `http://…`.
struct ServiceURL: Sendable, Equatable, CustomStringConvertible {
    let isSecure: Bool
    /// A name, or an address without brackets.
    let host: String
    let port: UInt16
    /// What stands before every path: empty, or `/prefix` without a slash at its end.
    let prefix: String

    /// - Returns: nil for anything else, also with a user, a query or a fragment.
    init?(_ text: String) {
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "http" || parts[0] == "https",
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains(where: { "@?#\\".contains($0) })
        else { return nil }
        isSecure = parts[0] == "https"
        let authority = parts[1].prefix { $0 != "/" }
        var prefix = parts[1].dropFirst(authority.count)
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = String(prefix)
        var host = authority
        var port: Substring?
        if let bracket = authority.lastIndex(of: "]"), authority.hasPrefix("[") {
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            let rest = authority[authority.index(after: bracket)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, let number = port.map({ UInt16($0) }) ?? (isSecure ? 443 : 80), number > 0 else {
            return nil
        }
        self.host = String(host)
        self.port = number
    }

    /// The value of `Host`: without the scheme's own port.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    var description: String { "\(isSecure ? "https" : "http")://\(authority)\(prefix)" }
}
