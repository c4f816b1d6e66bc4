import Glibc

/// The least a server can do to deliver events: the yardstick of every fan-out figure.
///
/// It frames requests, and for each POST does exactly one `send` per stream of that path, then answers. It verifies no
/// token, parses no JSON, stores nothing, and keeps no queue: stream sockets block, so a full one makes everybody wait.
/// What Tideline costs beyond it is Tideline's own work; what Tideline costs below it is owed to coalescing.
final class FloorServer {
    private static let listenerKey = UInt64.max

    private let poller: Poller
    private let listener: Int32
    private var connections: [Int32: FloorConnection] = [:]
    private var channels: [[UInt8]: FloorChannel] = [:]
    private var buffer = ByteBuffer(capacity: 256 * 1024)
    /// A planted bug: every so many-th event is not sent, though it takes a number. Proves that the checks can fail.
    private let losing: Int64?
    let port: UInt16

    init(losing: Int64? = nil) throws(Failure) {
        self.losing = losing
        poller = try Poller()
        (listener, port) = try Socket.listen()
        try poller.add(listener, key: FloorServer.listenerKey)
    }

    /// Serves until the process is killed.
    func run() throws(Failure) -> Never {
        while true {
            try poller.wait(nanoseconds: nil) { ready throws(Failure) in
                if ready.key == FloorServer.listenerKey {
                    try accept()
                } else {
                    receive(Int32(ready.key))
                }
            }
        }
    }

    private func accept() throws(Failure) {
        guard let socket = Socket.accept(on: listener) else { return }
        connections[socket] = FloorConnection(socket: socket)
        try poller.add(socket, key: UInt64(socket))
    }

    private func receive(_ socket: Int32) {
        guard var connection = connections[socket] else { return }
        connections[socket] = nil
        guard connection.receive(into: &buffer) else { return end(connection) }
        while let request = connection.nextRequest() { answer(request, on: &connection) }
        connections[socket] = connection
    }

    private func answer(_ request: FloorRequest, on connection: inout FloorConnection) {
        switch request {
        case .follow(let path):
            connection.followed = path
            var channel = channels[path] ?? FloorChannel()
            _ = Socket.send(channel.opening, to: connection.socket, wait: true)
            channel.streams.append(connection.socket)
            channels[path] = channel
        case .post(let path, let body):
            let sequence = deliver(body, to: path)
            _ = Socket.send(FloorFraming.answer(sequence: sequence), to: connection.socket, wait: true)
        }
    }

    /// One `send` per stream.
    private func deliver(_ body: ArraySlice<UInt8>, to path: [UInt8]) -> Int64 {
        channels[path, default: FloorChannel()].sequence += 1
        guard let channel = channels[path] else { return 0 }
        if let losing, channel.sequence % losing == 0 { return channel.sequence }
        let frame = FloorFraming.event(sequence: channel.sequence, data: body)
        for socket in channel.streams { _ = Socket.send(frame, to: socket, wait: true) }
        return channel.sequence
    }

    private func end(_ connection: FloorConnection) {
        if let path = connection.followed { channels[path]?.streams.removeAll { $0 == connection.socket } }
        close(connection.socket)
    }
}

/// The streams of one path and its newest sequence number.
struct FloorChannel {
    var sequence: Int64 = 0
    var streams: [Int32] = []

    var opening: [UInt8] { FloorFraming.opening(sequence: sequence) }
}
