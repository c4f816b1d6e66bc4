/// Where a socket listens, or who is at its other end.
package enum SocketAddress: Hashable, Sendable {
    /// An IPv4 address as a number (127.0.0.1 is 0x7F000001) and a port, both in the host's byte order.
    case v4(UInt32, port: UInt16)
    /// An IPv6 address as its two halves, and a port.
    case v6(UInt64, UInt64, port: UInt16)
    /// A Unix-domain socket; the peer of one has an empty path.
    case unix(path: String)

    /// Reads `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` (that is 127.0.0.1) or `unix:/run/tideline.sock`. Port 0 lets the
    /// system choose. Names are not resolved.
    package init(parsing text: String) throws(NetworkError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, !path.utf8.contains(0) else { throw .malformedAddress(text) }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            throw .malformedAddress(text)
        }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"),
            let (high, low) = SystemCall.parseIPv6(String(host.dropFirst().dropLast()))
        {
            self = .v6(high, low, port: port)
        } else if let number = SystemCall.parseIPv4(host == "localhost" ? "127.0.0.1" : String(host)) {
            self = .v4(number, port: port)
        } else {
            throw .malformedAddress(text)
        }
    }

    /// The port, or nil for a Unix-domain socket.
    package var port: UInt16? {
        switch self {
        case .v4(_, let port), .v6(_, _, let port): port
        case .unix: nil
        }
    }

    /// Whether this is a Unix-domain socket.
    package var isUnix: Bool {
        if case .unix = self { true } else { false }
    }

    /// Whether the address can be reached from this machine only: 127.0.0.0/8, ::1, or a Unix-domain socket.
    package var isLoopback: Bool {
        switch self {
        case .v4(let number, _): number >> 24 == 127
        case .v6(let high, let low, _): high == 0 && low == 1
        case .unix: true
        }
    }

    /// The same address with another port.
    package func with(port: UInt16) -> SocketAddress {
        switch self {
        case .v4(let number, _): .v4(number, port: port)
        case .v6(let high, let low, _): .v6(high, low, port: port)
        case .unix: self
        }
    }

    /// The address without the port, as in a log or a list of connections: `127.0.0.1`, `::1`, `unix`.
    package var host: String {
        switch self {
        case .v4(let number, _): [24, 16, 8, 0].map { String(number >> $0 & 255) }.joined(separator: ".")
        case .v6(let high, let low, _): SystemCall.formatIPv6(high, low)
        case .unix: "unix"
        }
    }

    private static func port(_ digits: Substring) -> UInt16? {
        guard !digits.isEmpty, digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else {
            return nil
        }
        return UInt16(digits)
    }
}

extension SocketAddress: CustomStringConvertible {
    /// What ``init(parsing:)`` reads.
    package var description: String { text }

    /// What ``init(parsing:)`` reads: `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/tideline.sock`.
    package var text: String {
        switch self {
        case .v4(_, let port): "\(host):\(port)"
        case .v6(_, _, let port): "[\(host)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
