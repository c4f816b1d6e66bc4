/// `server.allowedHosts`: the names under which this server may be reached (RFC 9110 §7.2).
///
/// A name without a port stands for every port; with one, for that port alone. Names are compared without regard to case,
/// and otherwise letter by letter: `example.org.` and `sub.example.org` are not `example.org`.
package struct AllowedHosts: Sendable {
    private struct Name: Hashable {
        let host: String
        let port: Int?
    }

    private let names: Set<Name>

    /// - Parameter texts: those that are no names are left out; ``isName(_:)`` tells.
    package init(_ texts: [String]) { names = Set(texts.compactMap(Self.parse)) }

    /// Whether every host is answered.
    package var isEmpty: Bool { names.isEmpty }

    /// - Parameter authority: `host[:port]` of the request, of its target where that has one; nil where it names none.
    package func contains(_ authority: String?) -> Bool {
        guard let asked = authority.flatMap(Self.parse) else { return false }
        if names.contains(Name(host: asked.host, port: nil)) || names.contains(asked) { return true }
        // Clients leave the port of their scheme out; which scheme that was, a proxy in front may have hidden.
        return asked.port == nil
            && (names.contains(Name(host: asked.host, port: 80)) || names.contains(Name(host: asked.host, port: 443)))
    }

    package static func isName(_ text: String) -> Bool { parse(text) != nil }

    private static func parse(_ text: String) -> Name? {
        let bytes = Array(text.utf8)
        // The last colon begins the port, unless it is inside the brackets of an IPv6 address.
        let colon = bytes.lastIndex(of: UInt8(ascii: ":")).flatMap { colon in
            bytes[colon...].contains(UInt8(ascii: "]")) ? nil : colon
        }
        guard let host = HostName.lowercased(bytes[..<(colon ?? bytes.endIndex)]) else { return nil }
        guard let colon, colon + 1 < bytes.endIndex else { return Name(host: host, port: nil) }
        return HostName.port(bytes[(colon + 1)...]).map { Name(host: host, port: $0) }
    }
}

/// The parts of an authority, for lists that people write.
enum HostName {
    /// A registered name, or an IP address, of IPv6 in brackets; in lower case. nil for anything else.
    static func lowercased(_ bytes: ArraySlice<UInt8>) -> String? {
        let isAddress = bytes.first == UInt8(ascii: "[") && bytes.last == UInt8(ascii: "]") && bytes.count > 3
        let content = isAddress ? bytes.dropFirst().dropLast() : bytes
        let isValid = content.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
                true
            case UInt8(ascii: ":"): isAddress
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                !isAddress
            default: false
            }
        }
        return isValid && !content.isEmpty ? String(decoding: bytes, as: UTF8.self).lowercased() : nil
    }

    static func port(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self)).map(Int.init)
    }
}
