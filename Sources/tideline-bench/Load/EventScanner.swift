/// Reads one stream's server-sent events as fast as their newlines are found, and checks that none is missing.
///
/// No event is built: of each block only the sequence number of its id, its type, and the publish time inside its data
/// matter. Every log event must carry exactly the sequence after the last one; anything else is a `Failure`.
struct EventScanner {
    private enum Kind { case none, event, connected, stats, ping, reset, closing, other }

    /// Sequence of the newest log event received, or the head that `connected` named; −1 before.
    private(set) var sequence: Int64 = -1
    /// The head that `connected` named.
    private(set) var start: Int64 = -1

    private var kind = Kind.none
    private var blockSequence: Int64 = -1
    private var publishedAt: Int64 = -1

    /// Takes all whole lines of `bytes`, received at `now`.
    /// - Returns: how many bytes those are; the rest is the beginning of a line.
    mutating func scan(_ bytes: Span<UInt8>, now: Int64, into tally: inout Tally) throws(Failure) -> Int {
        var line = 0
        while let end = ByteSearch.first(UInt8(ascii: "\n"), in: bytes, from: line) {
            if end == line || (end == line + 1 && bytes[line] == UInt8(ascii: "\r")) {
                try dispatch(now: now, into: &tally)
            } else {
                try take(line..<end, of: bytes, into: &tally)
            }
            line = end + 1
        }
        return line
    }

    private mutating func take(_ line: Range<Int>, of bytes: Span<UInt8>, into tally: inout Tally) throws(Failure) {
        let first = line.lowerBound
        switch bytes[first] {
        case UInt8(ascii: "d"):
            if kind == .event || kind == .none {
                publishedAt = EventScanner.time(in: line, of: bytes, hint: &tally.timeDistance)
            }
        case UInt8(ascii: "i"):
            guard ByteSearch.matches("id: ", in: bytes, at: first) else { return }
            blockSequence = try EventScanner.sequence(in: first + 4..<line.upperBound, of: bytes)
        case UInt8(ascii: "e"):
            guard ByteSearch.matches("event: ", in: bytes, at: first) else { return }
            kind = EventScanner.kind(in: bytes, at: first + 7)
        case UInt8(ascii: ":"): tally.comments += 1
        default: break
        }
    }

    /// Ends a block.
    private mutating func dispatch(now: Int64, into tally: inout Tally) throws(Failure) {
        switch kind {
        case .event:
            guard blockSequence == sequence + 1 else {
                throw Failure("received seq \(blockSequence) after \(sequence): a gap or a duplicate")
            }
            sequence = blockSequence
            tally.deliveries += 1
            tally.lastDelivery = now
            if publishedAt >= 0 { tally.latency.record(nanoseconds: now - publishedAt) }
        case .connected:
            guard start < 0, blockSequence >= 0 else { throw Failure("a second `connected`, or one without an id") }
            sequence = blockSequence
            start = blockSequence
        case .stats: tally.stats += 1
        case .ping: tally.pings += 1
        case .reset, .closing: throw Failure("the server sent `\(kind)`")
        case .none:
            guard blockSequence <= sequence else {
                throw Failure("the position jumped from \(sequence) to \(blockSequence)")
            }
        case .other: break
        }
        kind = .none
        blockSequence = -1
        publishedAt = -1
    }

    private static func kind(in bytes: Span<UInt8>, at offset: Int) -> Kind {
        if ByteSearch.matches("event", in: bytes, at: offset) { return .event }
        if ByteSearch.matches("stats", in: bytes, at: offset) { return .stats }
        if ByteSearch.matches("ping", in: bytes, at: offset) { return .ping }
        if ByteSearch.matches("connected", in: bytes, at: offset) { return .connected }
        if ByteSearch.matches("closing", in: bytes, at: offset) { return .closing }
        return ByteSearch.matches("reset", in: bytes, at: offset) ? .reset : .other
    }

    /// The number behind the last `-` of an id `<epoch>-<seq>`.
    private static func sequence(in range: Range<Int>, of bytes: Span<UInt8>) throws(Failure) -> Int64 {
        var value: Int64 = 0
        var scale: Int64 = 1
        var index = range.upperBound - 1
        if index >= range.lowerBound, bytes[index] == UInt8(ascii: "\r") { index -= 1 }
        while index >= range.lowerBound, bytes[index] != UInt8(ascii: "-") {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit <= 9, scale <= 1_000_000_000_000_000 else {
                throw Failure("an id does not end in a sequence number")
            }
            value += Int64(digit) * scale
            scale *= 10
            index -= 1
        }
        return value
    }

    /// The publish time in a data line, or −1; looked for where it was last time, then anywhere.
    private static func time(in line: Range<Int>, of bytes: Span<UInt8>, hint: inout Int) -> Int64 {
        var found = line.upperBound - hint
        if found < line.lowerBound || !ByteSearch.matches(PublishTime.key, in: bytes, at: found) {
            guard let hit = ByteSearch.first(PublishTime.keyBytes, in: bytes, range: line) else { return -1 }
            found = hit
            hint = line.upperBound - hit
        }
        return PublishTime.read(bytes, at: found + PublishTime.keyBytes.count)
    }
}
