import Networking

/// Looks for a free port for a first run, which should need no configuration.
enum FreeAddress {
    /// How many ports to try.
    private static let tries: UInt16 = 50

    /// `addresses` with the first port from theirs on that nobody listens on; nil when none is free.
    static func first(from addresses: [String]) -> [String]? {
        guard addresses.count == 1, let address = parsed(addresses[0]), let port = address.port else {
            return addresses
        }
        for offset in 0..<tries where Int(port) + Int(offset) <= Int(UInt16.max) {
            let candidate = address.with(port: port + offset)
            if Listener.isFree(candidate) { return [candidate.text] }
        }
        return nil
    }

    private static func parsed(_ text: String) -> SocketAddress? {
        do throws(NetworkError) {
            return try SocketAddress(parsing: text)
        } catch {
            // The start itself reports a malformed address.
            return nil
        }
    }
}
