/// What a 2xx answer to a POST or to a batch promises.
struct Acknowledgement {
    let workspace: Int
    let events: Int
    /// The greatest sequence number it names.
    let lastSequence: Int64

    /// Reads `"seq":<n>` of the answer; a batch must have accepted all of its items.
    init(of pending: (workspace: Int, events: Int), body: Span<UInt8>) throws(Failure) {
        workspace = pending.workspace
        events = pending.events
        if events > 1 {
            let accepted = Acknowledgement.numbers(after: "\"accepted\":", in: body).first
            guard accepted == Int64(events) else {
                throw Failure("a batch of \(events) was accepted as \(accepted.map(String.init) ?? "nothing")")
            }
        }
        guard let last = Acknowledgement.numbers(after: "\"seq\":", in: body).max() else {
            throw Failure("an answer to a POST names no seq")
        }
        lastSequence = last
    }

    private static func numbers(after key: String, in body: Span<UInt8>) -> [Int64] {
        var numbers: [Int64] = []
        var position = 0
        let needle = Array(key.utf8)
        while let hit = ByteSearch.first(needle, in: body, range: position..<body.count) {
            position = hit + needle.count
            var value: Int64 = 0
            while position < body.count, case let digit = body[position] &- UInt8(ascii: "0"), digit <= 9 {
                value = value &* 10 &+ Int64(digit)
                position += 1
            }
            numbers.append(value)
        }
        return numbers
    }
}
