/// Why a socket, a listener or a loop could not be set up; each text tells the operator what to do.
package enum NetworkError: Error, Equatable {
    /// Another process, or this one, listens there.
    case addressInUse(SocketAddress)
    /// This machine has no such address.
    case addressUnavailable(SocketAddress)
    /// Ports below 1024 and foreign folders need rights this process lacks.
    case permissionDenied(SocketAddress)
    /// Not `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`.
    case malformedAddress(String)
    /// A Unix socket's path must be shorter than 108 bytes.
    case pathTooLong(String)
    /// Something that is not a socket is in the way of a Unix socket.
    case pathOccupied(String)
    /// A descriptor that a service manager passed is no listening stream socket.
    case notListening(name: String, descriptor: Int32)
    /// Any other failure of a system call.
    case system(call: String, code: Int32)
}

extension NetworkError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .addressInUse(let address):
            "\(address) is in use: stop the process that listens there, or choose another address"
        case .addressUnavailable(let address): "\(address) is not an address of this machine"
        case .permissionDenied(let address):
            "no permission to listen on \(address): choose a port above 1023 or grant the right"
        case .malformedAddress(let text): "\"\(text)\" is not an address: write HOST:PORT, [IPv6]:PORT or unix:PATH"
        case .pathTooLong(let path): "\(path) is too long for a Unix socket: it must be shorter than 108 bytes"
        case .pathOccupied(let path): "\(path) exists and is not a socket: move it away"
        case .notListening(let name, let descriptor):
            "\"\(name)\" (descriptor \(descriptor)) was passed but does not listen: use ListenStream= in the socket unit"
        case .system(let call, let code): "\(call) failed: \(SystemCall.describe(code))"
        }
    }
}
