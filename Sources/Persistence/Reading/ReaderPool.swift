import Glibc
import Synchronization

/// A fixed number of read connections; a caller that finds none free waits.
///
/// The free ones are bytes in a pipe, each the index of a slot: reading one takes that slot, writing it back returns
/// it. So a slot's `Mutex` is never contended, and a connection is only ever used by the thread that holds its byte.
final class ReaderPool: Sendable {
    private final class Slot: Sendable {
        let session: Mutex<ReaderSession?>
        init(_ session: sending ReaderSession) { self.session = Mutex(session) }
    }

    private let slots: [Slot]
    private let readEnd: Int32
    private let writeEnd: Int32

    init(path: String, count: Int) throws(StoreError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .system("pipe", errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var slots: [Slot] = []
        do throws(SQLiteError) {
            for _ in 0..<max(1, min(count, 255)) { slots.append(Slot(try ReaderSession(path: path))) }
        } catch {
            for end in ends { Glibc.close(end) }
            throw StoreError(error, while: "opening \(path) for reading")
        }
        self.slots = slots
        readEnd = ends[0]
        writeEnd = ends[1]
        for index in slots.indices { put(UInt8(index)) }
    }

    deinit {
        Glibc.close(readEnd)
        Glibc.close(writeEnd)
    }

    /// Runs `body` with a connection of its own; blocks while all are taken.
    func read<Value: Sendable>(
        _ body: @Sendable (ReaderSession) throws(SQLiteError) -> Value
    ) throws(StoreError) -> Value {
        let index = take()
        defer { put(index) }
        return try slots[Int(index)].session.withLock { session throws(StoreError) in
            guard let session else { throw .closed }
            return try StoreError.wrapping("reading the log") { () throws(SQLiteError) in try body(session) }
        }
    }

    /// Closes every connection, waiting for those in use; later reads throw `.closed`.
    func close() {
        for slot in slots { slot.session.withLock { $0 = nil } }
    }

    private func take() -> UInt8 {
        var index: UInt8 = 0
        while unsafe Glibc.read(readEnd, &index, 1) != 1 {}
        return index
    }

    private func put(_ index: UInt8) {
        var index = index
        while unsafe write(writeEnd, &index, 1) != 1 {}
    }
}
