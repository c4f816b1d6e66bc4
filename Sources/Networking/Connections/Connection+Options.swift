import CLinux
import Glibc

extension Connection {
    /// Sets options of the socket; nil leaves one as it is. A Unix-domain socket has the send buffer only.
    ///
    /// The kernel may round values, and none of them decides over correctness: a refusal is ignored.
    /// - Parameters:
    ///   - sendBuffer: bytes the kernel may hold for a peer that does not read (SO_SNDBUF; the kernel doubles it).
    ///   - notSentLowAt: the socket is writable only while fewer bytes are unsent (TCP_NOTSENT_LOWAT).
    ///   - userTimeout: how long sent bytes may stay unacknowledged before the connection ends (TCP_USER_TIMEOUT).
    ///   - noDelay: send small segments at once (TCP_NODELAY); accepted connections have it already.
    package func setOptions(
        sendBuffer: Int? = nil, notSentLowAt: Int? = nil, userTimeout: Duration? = nil, noDelay: Bool? = nil
    ) {
        loop.preconditionCurrent()
        guard phase != .closed else { return }
        if let sendBuffer { setOption(SOL_SOCKET, SO_SNDBUF, sendBuffer) }
        guard !peer.isUnix else { return }
        if let notSentLowAt { setOption(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, notSentLowAt) }
        if let userTimeout {
            setOption(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int(clamping: userTimeout.wholeMilliseconds))
        }
        if let noDelay { setOption(Int32(IPPROTO_TCP), TCP_NODELAY, noDelay ? 1 : 0) }
    }

    private func setOption(_ level: Int32, _ name: Int32, _ value: Int) {
        SystemCall.setOption(descriptor, level: level, name: name, value: Int32(clamping: value))
    }
}
