/// The one thread that plays all clients: it follows streams, posts events, and checks both against each other.
///
/// Confined to the thread that made it. Streams and publishers share one epoll instance and one read buffer.
final class LoadGenerator {
    private static let publisherBit: UInt64 = 1 << 63

    let port: UInt16
    private let poller: Poller
    private var buffer = ByteBuffer(capacity: 512 * 1024)
    private var streams: [FollowedStream] = []
    private var requests: [[UInt8]] = []
    private var publisher: Publisher
    private(set) var tally = Tally()

    init(port: UInt16, workspaces: Int = 1) throws(Failure) {
        self.port = port
        poller = try Poller()
        publisher = Publisher(workspaces: workspaces)
    }

    // MARK: Streams

    /// Opens `count` streams, spread evenly over `requests` (one per workspace), and waits until each has said `connected`.
    /// - Returns: the seconds that took.
    func follow(count: Int, requests: [[UInt8]], outstanding: Int = 256) throws(Failure) -> Double {
        self.requests = requests
        let began = Monotonic.now
        let first = streams.count
        let deadline = began + 60 * Monotonic.second
        streams.reserveCapacity(first + count)
        var connected = 0
        while connected < count {
            while streams.count < first + count, streams.count - first - connected < outstanding {
                try open(workspace: (streams.count - first) % requests.count)
            }
            try poller.wait(nanoseconds: Monotonic.second) { ready throws(Failure) in
                let index = Int(ready.key)
                let before = streams[index].isConnected
                try serve(index, ready)
                if !before && streams[index].isConnected { connected += 1 }
            }
            guard Monotonic.now < deadline else {
                throw Failure("only \(connected) of \(count) streams connected within 60 s")
            }
        }
        return Double(Monotonic.now - began) / Double(Monotonic.second)
    }

    private func open(workspace: Int) throws(Failure) {
        var stream = FollowedStream(socket: try Socket.connect(port: port), workspace: workspace)
        let isSent = try stream.sendRequest(requests[workspace])
        try poller.add(stream.socket, key: UInt64(streams.count), writable: !isSent)
        streams.append(stream)
    }

    private func serve(_ index: Int, _ ready: Poller.Readiness) throws(Failure) {
        do {
            if streams[index].isRequesting {
                guard ready.isWritable, try streams[index].sendRequest(requests[streams[index].workspace]) else {
                    return
                }
                try poller.change(streams[index].socket, key: UInt64(index), writable: false)
            }
            if ready.isReadable { try streams[index].receive(into: &buffer, tally: &tally) }
        } catch {
            throw Failure("stream \(index): \(error)")
        }
    }

    /// Receives without posting, for `seconds`.
    func observe(seconds: Double) throws(Failure) {
        tally.reset()
        let end = Monotonic.now + Int64(seconds * Double(Monotonic.second))
        while Monotonic.now < end { try turn(until: end) }
    }

    // MARK: Load

    /// Posts by `plan`, then waits until every answer and every delivery has come, and checks that none is missing.
    func run(_ plan: PublishPlan) throws(Failure) -> LoadResult {
        tally.reset()
        try publisher.connect(plan, port: port, poller: poller, keyBit: LoadGenerator.publisherBit)
        publisher.begin(plan)
        let began = Monotonic.now
        let end = began + Int64(plan.seconds * Double(Monotonic.second))
        while Monotonic.now < end {
            try publisher.postWhatIsDue(poller: poller)
            try turn(until: publisher.nextDue.map { min($0, end) } ?? end)
        }
        publisher.stop()
        let kernelBytes = ServerUsage.socketBytes
        try drain()
        let last = max(tally.lastDelivery, publisher.lastAnswer)
        let result = LoadResult(
            seconds: Double(last - began) / Double(Monotonic.second), events: publisher.acknowledged, tally: tally,
            kernelBytes: kernelBytes, answers: publisher.answers)
        try publisher.check()
        return result
    }

    /// Posts one event or batch and waits for its answer and its deliveries.
    func runOnce(_ template: PostTemplate) throws(Failure) {
        let plan = PublishPlan(pacing: .once, connections: 1, templates: [template], seconds: 0)
        try publisher.connect(plan, port: port, poller: poller, keyBit: LoadGenerator.publisherBit)
        publisher.begin(plan)
        try publisher.postWhatIsDue(poller: poller)
        publisher.stop()
        try drain()
    }

    private func drain() throws(Failure) {
        let deadline = Monotonic.now + 30 * Monotonic.second
        while publisher.outstanding > 0 || !isCaughtUp {
            try turn(until: Monotonic.now + Monotonic.second / 100)
            guard Monotonic.now < deadline else {
                let behind = streams.count { $0.scanner.sequence < publisher.heads[$0.workspace] }
                throw Failure(
                    "30 s after the last POST \(publisher.outstanding) answers and \(behind) streams are missing events"
                )
            }
        }
    }

    private var isCaughtUp: Bool {
        streams.allSatisfy { $0.scanner.sequence >= publisher.heads[$0.workspace] }
    }

    /// One wait and all that is ready; returns at `time` at the latest.
    private func turn(until time: Int64) throws(Failure) {
        try poller.wait(nanoseconds: time - Monotonic.now) { ready throws(Failure) in
            if ready.key & LoadGenerator.publisherBit != 0 {
                try publisher.serve(
                    Int(ready.key & ~LoadGenerator.publisherBit), ready, buffer: &buffer, poller: poller)
            } else {
                try serve(Int(ready.key), ready)
            }
        }
    }

    /// Closes every connection by reset.
    func close() {
        for stream in streams { Socket.reset(stream.socket) }
        streams.removeAll()
        publisher.close()
    }
}
