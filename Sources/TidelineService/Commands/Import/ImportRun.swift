/// One import from its first window to its last: reading ahead, delivery, counts, progress and the record.
///
/// While the server works on a batch, the next window is read and prepared; there is never more than one batch in
/// flight, so the log has the order of the file.
struct ImportRun {
    /// Refused lines that are shown; the rest is counted.
    static let shownRefusals = 20

    private let console: Console
    private var reader: ImportWindowReader
    private let deliver: Deliver
    /// nil: the input cannot be read again from the middle.
    private let record: ImportRecord?
    private var progress: ImportProgress
    private var recordDue: ContinuousClock.Instant
    private(set) var counts: ImportCounts
    private var shown = 0
    /// Behind the last window that is done, and what the counts were there.
    private var done: ImportRecord.Content

    /// Gives the verdict on a batch, and does the second argument once while it is made.
    typealias Deliver = (ImportWindow.Batch, () -> Void) throws(CommandFailure) -> BatchVerdict

    init(
        _ console: Console, reader: ImportWindowReader, record: ImportRecord?, totalBytes: Int?,
        resuming: ImportRecord.Content?, deliver: @escaping Deliver
    ) {
        self.console = console
        self.reader = reader
        self.record = record
        self.deliver = deliver
        counts = resuming?.counts ?? ImportCounts()
        done = resuming ?? ImportRecord.Content(offset: 0, line: 0, counts: ImportCounts())
        progress = ImportProgress(console, totalBytes: totalBytes, firstLine: counts.lines)
        recordDue = .now + .seconds(1)
    }

    /// Imports all there is.
    /// - Throws: when it cannot go on; the record then says where it was.
    mutating func run() throws(CommandFailure) {
        do throws(CommandFailure) {
            var upcoming = try next(mayWait: true)
            while let window = upcoming {
                let prepared = try perform(window)
                upcoming = if let prepared { try prepared.get() } else { try next(mayWait: true) }
            }
        } catch {
            progress.hide()
            save()
            if record != nil, done.line > 0 {
                throw CommandFailure(
                    "\(error.message)\nThe same import, started again, goes on behind line \(done.line).")
            }
            throw error
        }
        progress.hide()
        record?.remove()
        if counts.rejected > shown { console.say("… and \(counts.rejected - shown) more rejected lines") }
    }

    /// - Returns: nil at the end.
    private mutating func next(mayWait: Bool) throws(CommandFailure) -> ImportWindow? {
        if case .window(let window) = try reader.next(mayWait: mayWait) { window } else { nil }
    }

    /// What was read ahead; nil: nothing, since a pipe had nothing at that time.
    private typealias ReadAhead = Result<ImportWindow?, CommandFailure>

    /// Delivers what is in `window`, and reads the next one meanwhile.
    private mutating func perform(_ window: ImportWindow) throws(CommandFailure) -> ReadAhead? {
        counts.lines += window.lineCount
        counts.leftOut += window.leftOut
        var ahead: ReadAhead?
        var reader = reader
        for (place, batch) in window.batches.enumerated() {
            let isLast = place == window.batches.count - 1
            let verdict = try deliver(batch) { if isLast { ahead = Self.readAhead(&reader) } }
            counts.accepted += verdict.accepted
            counts.duplicates += verdict.duplicates
            report(verdict.refusals)
        }
        self.reader = reader
        report(window.refusals)
        done = ImportRecord.Content(offset: window.endOffset, line: window.endLine, counts: counts)
        settle()
        return ahead
    }

    private static func readAhead(_ reader: inout ImportWindowReader) -> ReadAhead? {
        do throws(CommandFailure) {
            switch try reader.next(mayWait: false) {
            case .window(let window): return .success(window)
            case .nothingYet: return nil
            case .end: return .success(nil)
            }
        } catch {
            return .failure(error)
        }
    }

    private mutating func report(_ refusals: [ImportRefusal]) {
        counts.rejected += refusals.count
        for refusal in refusals.prefix(max(0, Self.shownRefusals - shown)) {
            progress.hide()
            console.say("line \(refusal.line): \(refusal.code): \(refusal.detail)")
            shown += 1
        }
    }

    private mutating func settle() {
        progress.update(counts, offset: done.offset)
        guard ContinuousClock.now >= recordDue else { return }
        recordDue = .now + .seconds(1)
        save()
    }

    private func save() {
        if done.line > 0 { record?.save(done) }
    }
}
