import HTTPProtocol

/// The files served lately, up to a number of bytes; what was asked for longest ago leaves first.
struct FileCache: Sendable {
    /// A file as it will be sent.
    struct Entry: Sendable {
        var stamp: FileStamp
        var body: PreparedBody
        var mediaType: String
        /// When the stamp was last compared with the disk, in monotonic milliseconds.
        var checkedAt: Int64
    }

    private let maximumBytes: Int
    private var entries: [String: Entry] = [:]
    private var order: [String] = []
    private(set) var byteCount = 0

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    subscript(path: String) -> Entry? { entries[path] }

    /// Keeps `entry` unless it alone is too large, and drops the oldest ones until all fit.
    mutating func insert(_ entry: Entry, at path: String) {
        remove(path)
        guard entry.body.byteCount <= maximumBytes else { return }
        while byteCount + entry.body.byteCount > maximumBytes, let oldest = order.first { remove(oldest) }
        entries[path] = entry
        order.append(path)
        byteCount += entry.body.byteCount
    }

    mutating func remove(_ path: String) {
        guard let old = entries.removeValue(forKey: path) else { return }
        byteCount -= old.body.byteCount
        order.removeAll { $0 == path }
    }
}
