/// Reads the body that follows one head, as its framing says, up to a bound.
package struct BodyDecoder: Sendable {
    private enum State: Sendable {
        case fixed(remaining: Int)
        case chunked(ChunkedDecoder)
        case complete
    }

    private var state: State

    /// - Parameter maximumBytes: how much decoded body the route takes.
    /// - Throws: `.bodyTooLarge` at once when Content-Length says more than `maximumBytes`.
    package init(_ framing: RequestHead.BodyFraming, maximumBytes: Int) throws(HTTP1Error) {
        switch framing {
        case .none: state = .complete
        case .length(let length):
            guard length <= maximumBytes else { throw .bodyTooLarge }
            state = .fixed(remaining: length)
        case .chunked: state = .chunked(ChunkedDecoder(maximumBytes: maximumBytes))
        }
    }

    /// Whether the whole body has been read; what follows is the next request.
    package var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// Appends to `body` what of it lies in `bytes`.
    /// - Returns: how many of `bytes` were used; all of them unless the body is complete.
    package mutating func decode(_ bytes: Span<UInt8>, into body: inout [UInt8]) throws(HTTP1Error) -> Int {
        switch state {
        case .complete: return 0
        case .fixed(let remaining):
            let count = min(remaining, bytes.count)
            body.append(bytes, 0, count)
            state = count == remaining ? .complete : .fixed(remaining: remaining - count)
            return count
        case .chunked(var decoder):
            let used = try decoder.decode(bytes, into: &body)
            state = decoder.isComplete ? .complete : .chunked(decoder)
            return used
        }
    }
}

extension [UInt8] {
    /// Appends `bytes[start..<end]`, which the caller has checked, in one copy.
    mutating func append(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        unsafe bytes.extracting(start..<end).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
