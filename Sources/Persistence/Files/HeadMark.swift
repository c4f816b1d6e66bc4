import Events

/// `DATA/head.mark`: how far each workspace's log had come, written each minute and at exit, outside the database.
///
/// A log that is behind its mark was replaced by an older copy, so its positions mean other events than clients think.
/// The file is text: `tideline-head-mark 1`, `state clean|running`, `synchronous LEVEL`, a line
/// `workspace KEY EPOCH HEAD` each, and `crc32 HEX` over all before it.
struct HeadMark: Equatable {
    struct Entry: Equatable {
        let epoch: Epoch
        let head: SequenceNumber
    }

    /// The largest file that is believed: a hundred thousand workspaces.
    static let maximumBytes = 8 << 20
    private static let title = "tideline-head-mark 1"

    /// Whether the writing process ended in order.
    var isClean: Bool
    /// What the writing process ran with.
    var synchronous: LogSettings.Synchronous
    var entries: [WorkspaceKey: Entry]

    init(isClean: Bool, synchronous: LogSettings.Synchronous, entries: [WorkspaceKey: Entry]) {
        self.isClean = isClean
        self.synchronous = synchronous
        self.entries = entries
    }

    /// - Returns: nil when the bytes are not a whole mark.
    init?(decoding bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count >= 4, lines[0] == Self.title, lines[1].hasPrefix("state "),
            lines[2].hasPrefix("synchronous "),
            let level = LogSettings.Synchronous(rawValue: String(lines[2].dropFirst(12))),
            let last = lines.last, last == Self.sumLine(over: lines.dropLast())
        else { return nil }
        var entries: [WorkspaceKey: Entry] = [:]
        for line in lines[3..<(lines.count - 1)] {
            let words = line.split(separator: " ")
            guard words.count == 4, words[0] == "workspace", let key = Int64(words[1]),
                let epoch = Epoch(String(words[2])), let head = Int64(words[3])
            else { return nil }
            entries[WorkspaceKey(key)] = Entry(epoch: epoch, head: head)
        }
        self.init(isClean: lines[1] == "state clean", synchronous: level, entries: entries)
    }

    func encoded() -> [UInt8] {
        var lines = [Self.title, "state \(isClean ? "clean" : "running")", "synchronous \(synchronous.rawValue)"]
        for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
            lines.append("workspace \(key.rawValue) \(entry.epoch.text) \(entry.head)")
        }
        lines.append(Self.sumLine(over: lines[...]))
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// Whether the log of `key`, now at `head` in `epoch`, may go on in its epoch.
    func allows(_ key: WorkspaceKey, epoch: Epoch, head: SequenceNumber) -> Bool {
        if !isClean && synchronous < .full { return false }
        guard let entry = entries[key] else { return true }
        return entry.epoch == epoch && entry.head <= head
    }

    private static func sumLine(over lines: ArraySlice<some StringProtocol>) -> String {
        "crc32 " + String(Checksum.crc32(lines.joined(separator: "\n").utf8), radix: 16)
    }
}
