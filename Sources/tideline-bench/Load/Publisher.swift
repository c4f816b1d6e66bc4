/// The posting side of the load generator: a set of connections, each with at most one POST under way.
///
/// Confined to the load generator's thread.
struct Publisher {
    private var connections: [PublisherConnection] = []
    private var idle: [Int] = []
    private var templates: [PostTemplate] = []
    private var pacing = PublishPlan.Pacing.closed
    private var isPosting = false
    private var random = SeededRandom(seed: 0x7469_6465_6c69_6e65)
    private var keyBit: UInt64 = 0
    /// When the next POST is due, at a fixed rate.
    private(set) var nextDue: Int64?
    /// Greatest acknowledged sequence of each workspace.
    private(set) var heads: [Int64]
    /// Sequence before the first acknowledged one, and acknowledged events, of each workspace.
    private var tallies: [(first: Int64, events: Int64)]
    private(set) var acknowledged = 0
    private(set) var answers = LatencyHistogram()
    private(set) var lastAnswer: Int64 = 0

    init(workspaces: Int) {
        heads = [Int64](repeating: -1, count: workspaces)
        tallies = [(first: Int64, events: Int64)](repeating: (.max, 0), count: workspaces)
    }

    var outstanding: Int { connections.count - idle.count }

    /// Opens what is missing of the plan's connections.
    mutating func connect(_ plan: PublishPlan, port: UInt16, poller: Poller, keyBit: UInt64) throws(Failure) {
        self.keyBit = keyBit
        while connections.count < plan.connections {
            let socket = try Socket.connect(port: port, sendBuffer: 1 << 20)
            try poller.add(socket, key: keyBit | UInt64(connections.count))
            idle.append(connections.count)
            connections.append(PublisherConnection(socket: socket))
        }
    }

    /// Starts a measured stretch.
    mutating func begin(_ plan: PublishPlan) {
        templates = plan.templates
        pacing = plan.pacing
        acknowledged = 0
        answers = LatencyHistogram()
        isPosting = true
        if case .rate = pacing { nextDue = Monotonic.now } else { nextDue = nil }
    }

    mutating func stop() { isPosting = false }

    /// Posts on idle connections: all of them in a closed loop, what the rate asks for otherwise.
    mutating func postWhatIsDue(poller: Poller) throws(Failure) {
        while isPosting, let index = idle.last {
            let now = Monotonic.now
            var time = now
            if case .rate(let rate) = pacing, let due = nextDue {
                guard due <= now else { return }
                time = due
                nextDue = due + Int64(Double(Monotonic.second) / rate)
            }
            if case .once = pacing { isPosting = false }
            idle.removeLast()
            connections[index].post(templates[random.next(below: templates.count)], at: time)
            if try !connections[index].flush() {
                try poller.change(connections[index].socket, key: keyBit | UInt64(index), writable: true)
            }
        }
    }

    /// Goes on with a connection that is ready; in a closed loop an answer is followed by the next POST at once.
    mutating func serve(
        _ index: Int, _ ready: Poller.Readiness, buffer: inout ByteBuffer, poller: Poller
    ) throws(Failure) {
        if ready.isWritable, try connections[index].flush() {
            try poller.change(connections[index].socket, key: keyBit | UInt64(index), writable: false)
        }
        guard ready.isReadable, let answer = try connections[index].receive(into: &buffer) else { return }
        record(answer, postedAt: connections[index].postedAt)
        idle.append(index)
        if case .closed = pacing { try postWhatIsDue(poller: poller) }
    }

    private mutating func record(_ answer: Acknowledgement, postedAt: Int64) {
        lastAnswer = Monotonic.now
        answers.record(nanoseconds: lastAnswer - postedAt)
        acknowledged += answer.events
        heads[answer.workspace] = max(heads[answer.workspace], answer.lastSequence)
        let first = answer.lastSequence - Int64(answer.events)
        tallies[answer.workspace].first = min(tallies[answer.workspace].first, first)
        tallies[answer.workspace].events += Int64(answer.events)
    }

    /// The acknowledged events must be exactly the sequence numbers between the first and the last.
    func check() throws(Failure) {
        for (workspace, tally) in tallies.enumerated() where tally.events > 0 {
            let span = heads[workspace] - tally.first
            guard span == tally.events else {
                throw Failure(
                    "workspace \(workspace): \(tally.events) events acknowledged, but their numbers span \(span)")
            }
        }
    }

    mutating func close() {
        for connection in connections { Socket.reset(connection.socket) }
        connections.removeAll()
        idle.removeAll()
    }
}
