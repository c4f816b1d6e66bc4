import Glibc

/// Cuts a file or pipe into lines, in place: a line is a range of the buffer until the next one is asked for.
///
/// A byte order mark at the start and a CR before the line end are no part of a line. A line longer than
/// `maximumLineBytes` is thrown away as it is read. Confined to the thread of the import.
final class LineSource {
    /// Far more than an event may have (64 KiB), so that a file that is no NDJSON is not read into memory.
    static let defaultMaximumLineBytes = 1_048_576

    enum Next: Equatable {
        /// A range of ``buffer``, valid until the next call.
        case line(Range<Int>)
        case tooLong
        /// The pipe has nothing now, and waiting was not allowed.
        case nothingYet
        case end
        case failed(errno: Int32)
    }

    private(set) var buffer: [UInt8]
    /// Bytes of the input before the next line, and lines.
    private(set) var offset = 0
    private(set) var lineNumber = 0

    let maximumLineBytes: Int
    private let descriptor: Int32
    private let closesDescriptor: Bool
    /// The unread part of the buffer.
    private var start = 0
    private var filled = 0
    /// Up to here no line end was found.
    private var searched = 0
    private var isAtEnd = false
    private var isSkipping = false
    /// Where the source stood before the last line, for ``putBack()``.
    private var last: (start: Int, offset: Int, lineNumber: Int) = (0, 0, 0)

    /// - Parameters:
    ///   - closes: whether the descriptor ends with this source.
    ///   - offset: where the descriptor stands, and after how many lines.
    init(
        _ descriptor: Int32, closes: Bool, offset: Int = 0, lineNumber: Int = 0,
        maximumLineBytes: Int = defaultMaximumLineBytes, bufferBytes: Int = 4_194_304
    ) {
        precondition(bufferBytes > maximumLineBytes, "a line must fit into the buffer")
        self.maximumLineBytes = maximumLineBytes
        self.descriptor = descriptor
        closesDescriptor = closes
        self.offset = offset
        self.lineNumber = lineNumber
        buffer = [UInt8](repeating: 0, count: bufferBytes)
    }

    deinit { if closesDescriptor { close(descriptor) } }

    /// The next line.
    /// - Parameter wait: how long a pipe may keep us waiting, in milliseconds; nil: for ever.
    func next(wait: Int32? = nil) -> Next {
        while true {
            if let end = PlainFile.lineFeed(in: buffer, searched..<filled) { return take(until: end, behind: end + 1) }
            searched = filled
            if filled - start > maximumLineBytes {
                isSkipping = true
                drop()
            }
            if isAtEnd {
                guard filled > start || isSkipping else { return .end }
                return take(until: filled, behind: filled)
            }
            if let wait, !PlainFile.isReadable(descriptor, within: wait) { return .nothingYet }
            if let failure = refill() { return .failed(errno: failure) }
        }
    }

    /// Makes the line last given the next one again.
    func putBack() {
        (start, offset, lineNumber) = last
        searched = start
    }

    private func take(until end: Int, behind: Int) -> Next {
        last = (start, offset, lineNumber)
        var range = start..<end
        offset += behind - start
        lineNumber += 1
        start = behind
        searched = behind
        if isSkipping || range.count > maximumLineBytes {
            isSkipping = false
            return .tooLong
        }
        if let final = range.last, buffer[final] == 0x0D { range = range.dropLast() }
        if last.offset == 0, buffer[range].starts(with: [0xEF, 0xBB, 0xBF]) { range = range.dropFirst(3) }
        return .line(range)
    }

    /// Forgets what is in the buffer of a line that is too long.
    private func drop() {
        offset += filled - start
        start = filled
    }

    /// - Returns: nil, or errno.
    private func refill() -> Int32? {
        if start > 0 {
            PlainFile.moveToFront(&buffer, start..<filled)
            filled -= start
            searched -= start
            start = 0
        }
        let count = PlainFile.read(descriptor, into: &buffer, from: filled)
        guard count >= 0 else { return errno }
        if count == 0 { isAtEnd = true }
        filled += count
        return nil
    }
}
