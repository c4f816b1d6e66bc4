import Events

/// What is read of an import in one go: a batch for each workspace the lines name, in their order.
struct ImportWindow {
    /// One request's worth of lines for one workspace.
    struct Batch {
        /// The id of the workspace.
        let workspace: String
        /// NDJSON, each item ended by LF.
        var body: [UInt8] = []
        var lines: [Line] = []
    }

    /// Where an item comes from.
    struct Line: Equatable {
        let number: Int
        /// It was an envelope: that its `eventId` is in the log means that the event is there already.
        let isExported: Bool
    }

    var batches: [Batch] = []
    /// Lines that no server needs to see.
    var refusals: [ImportRefusal] = []
    var leftOut = 0
    /// Lines that are not blank.
    var lineCount = 0
    /// Where the input stands behind this window: bytes, and lines with the blank ones.
    var endOffset = 0
    var endLine = 0

    var isEmpty: Bool { lineCount == 0 }
}

/// A line that was not appended, and why.
struct ImportRefusal: Equatable {
    let line: Int
    let code: String
    let detail: String
}

/// Fills windows from a source; confined to the thread of the import.
struct ImportWindowReader {
    /// Bounds of a window; a batch may not exceed what the server takes.
    struct Limits {
        var batchItems = 1000
        var batchBytes = 4 * 1_048_576
        /// Over all batches of a window, for files that name many workspaces.
        var windowBytes = 16 * 1_048_576
        var windowLines = 50_000
    }

    enum Next {
        case window(ImportWindow)
        /// The pipe has nothing now.
        case nothingYet
        case end
    }

    let source: LineSource
    let limits: Limits
    /// `--workspace`.
    let fallback: WorkspaceID?
    /// The id of the workspace that a name addresses.
    let resolve: (WorkspaceID) throws(CommandFailure) -> String

    private var preparer = LinePreparer()

    init(
        _ source: LineSource, fallback: WorkspaceID?, limits: Limits = Limits(),
        resolve: @escaping (WorkspaceID) throws(CommandFailure) -> String
    ) {
        self.source = source
        self.limits = limits
        self.fallback = fallback
        self.resolve = resolve
    }

    /// How long a pipe may pause before what has come is sent.
    private static let patience: Int32 = 50

    /// The next window.
    /// - Parameter mayWait: whether a pipe that has nothing may keep us waiting.
    /// - Throws: when the input cannot be read, or the first line left names an unknown workspace.
    mutating func next(mayWait: Bool) throws(CommandFailure) -> Next {
        var window = ImportWindow()
        var places: [String: Int] = [:]
        var bytes = 0
        reading: while window.lineCount < limits.windowLines, bytes < limits.windowBytes {
            let wait = window.isEmpty ? (mayWait ? nil : 0) : Self.patience
            switch source.next(wait: wait) {
            case .end:
                if window.isEmpty { return .end }
                break reading
            case .nothingYet:
                if window.isEmpty { return .nothingYet }
                break reading
            case .failed(let code):
                throw CommandFailure("cannot read line \(source.lineNumber + 1): \(SystemErrorText.of(code))")
            case .tooLong:
                window.lineCount += 1
                let detail = "a line may have at most \(source.maximumLineBytes) bytes"
                window.refusals.append(ImportRefusal(line: source.lineNumber, code: "too_large", detail: detail))
            case .line(let range):
                guard let taken = try take(range, into: &window, &places) else { break reading }
                bytes += taken
            }
        }
        window.endOffset = source.offset
        window.endLine = source.lineNumber
        return .window(window)
    }

    /// - Returns: how many bytes were added; nil when the window must end before this line.
    private mutating func take(
        _ range: Range<Int>, into window: inout ImportWindow, _ places: inout [String: Int]
    ) throws(CommandFailure) -> Int? {
        let number = source.lineNumber
        switch preparer.prepare(source.buffer, range, number: number) {
        case .blank: return 0
        case .leftOut: window.leftOut += 1
        case .refused(let code, let detail):
            window.refusals.append(ImportRefusal(line: number, code: code, detail: detail))
        case .event(let named, let isExported):
            // An exported line names where it was; where it shall be is what --workspace says.
            guard let name = isExported ? fallback ?? named : named ?? fallback else {
                let detail = "the line names no workspaceId, and --workspace is not given"
                window.refusals.append(ImportRefusal(line: number, code: "ambiguous_workspace", detail: detail))
                break
            }
            guard preparer.item.count < limits.batchBytes else {
                let detail = "the event has more than \(limits.batchBytes) bytes"
                window.refusals.append(ImportRefusal(line: number, code: "too_large", detail: detail))
                break
            }
            guard let workspace = try resolved(name, number, isFirst: window.isEmpty),
                add(ImportWindow.Line(number: number, isExported: isExported), workspace, to: &window, &places)
            else {
                source.putBack()
                return nil
            }
        }
        window.lineCount += 1
        return preparer.item.count
    }

    /// - Returns: nil when the workspace is unknown and there are lines before that shall be appended first.
    private func resolved(_ name: WorkspaceID, _ number: Int, isFirst: Bool) throws(CommandFailure) -> String? {
        do throws(CommandFailure) {
            return try resolve(name)
        } catch {
            if isFirst { throw CommandFailure("line \(number): \(error.message)") }
            return nil
        }
    }

    /// - Returns: false when the batch of that workspace is full.
    private func add(
        _ line: ImportWindow.Line, _ workspace: String, to window: inout ImportWindow, _ places: inout [String: Int]
    ) -> Bool {
        let place: Int
        if let known = places[workspace] {
            place = known
        } else {
            place = window.batches.count
            places[workspace] = place
            window.batches.append(ImportWindow.Batch(workspace: workspace))
        }
        let isFull =
            window.batches[place].lines.count >= limits.batchItems
            || window.batches[place].body.count + preparer.item.count + 1 > limits.batchBytes
        guard !isFull else { return false }
        window.batches[place].body.append(contentsOf: preparer.item)
        window.batches[place].body.append(UInt8(ascii: "\n"))
        window.batches[place].lines.append(line)
        return true
    }
}
