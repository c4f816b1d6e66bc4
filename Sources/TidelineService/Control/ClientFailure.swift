package import Networking

/// Why an exchange with a server did not come to an answer.
package enum ClientFailure: Error, Equatable, CustomStringConvertible {
    /// No connection came about.
    case unreachable(SocketAddress, errno: Int32)
    /// The peer neither took nor sent a byte for the whole time-out.
    case timedOut(SocketAddress)
    /// The connection was lost before the answer was complete.
    case broken(SocketAddress, errno: Int32)
    /// The peer closed before the answer was complete.
    case closed(SocketAddress)
    /// What came is no HTTP answer, or a larger one than the client takes.
    case malformedReply(String)

    package var description: String {
        switch self {
        case .unreachable(let address, let code): "cannot connect to \(address): \(SystemErrorText.of(code))"
        case .timedOut(let address): "\(address) does not answer in time"
        case .broken(let address, let code): "the connection to \(address) was lost: \(SystemErrorText.of(code))"
        case .closed(let address): "\(address) closed the connection before it had answered"
        case .malformedReply(let detail): "the answer is not understood: \(detail)"
        }
    }
}
