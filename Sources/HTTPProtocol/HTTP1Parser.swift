#if canImport(Glibc)
import Glibc
#endif

/// Reads request heads from the unconsumed bytes of one connection, line by line, in linear time (RFC 9112 §2–§5).
///
/// The caller keeps the bytes: each call gets everything since the last head's end, the earlier bytes first, and the parser
/// remembers how far it has come. A line is judged when its end is there or its bound is passed, so the verdict does not
/// depend on how the bytes were cut.
package struct HTTP1Parser: Sendable {
    package enum Outcome: Sendable {
        /// The head is not complete; call again with these bytes and more.
        case needMore
        /// A head that took the first `consumed` bytes. The parser is ready for the next one.
        case head(RequestHead, consumed: Int)
    }

    package let limits: HTTP1Limits
    var draft = Draft()

    package init(limits: HTTP1Limits = HTTP1Limits()) { self.limits = limits }

    /// Whether part of a head has been seen.
    package var isInHead: Bool { draft.scanned > draft.start }

    /// What has been found so far of the head being read; offsets count from the first unconsumed byte.
    struct Draft: Sendable {
        /// Where the request line begins: after the one empty line that is tolerated (RFC 9112 §2.2).
        var start = 0
        var skippedEmptyLine = false
        var lineStart = 0
        /// Up to here no LF ends the line begun at `lineStart`.
        var scanned = 0
        var hasRequestLine = false
        var method = Method.other
        var version = HTTPVersion.http11
        var places = RequestHead.TargetPlaces()
        var isAbsolute = false
        var fields: [RequestHead.FieldPlace] = []
        var facts = FieldFacts()
    }

    /// Looks for the end of the head in `bytes`, which begin where the last head ended.
    /// - Throws: after which the parser must not be used again.
    package mutating func parse(_ bytes: Span<UInt8>) throws(HTTP1Error) -> Outcome {
        while true {
            if !draft.hasRequestLine {
                guard try skipEmptyLine(bytes) else { return .needMore }
            }
            guard let lineFeed = try nextLineFeed(bytes) else { return .needMore }
            let start = draft.lineStart
            guard lineFeed > start, bytes[lineFeed - 1] == 0x0D else { throw .bareLineEnd }
            let end = lineFeed - 1
            draft.lineStart = lineFeed + 1
            draft.scanned = lineFeed + 1
            if !draft.hasRequestLine {
                try readRequestLine(bytes, start, end)
                draft.hasRequestLine = true
            } else if start == end {
                return try finish(bytes, consumed: lineFeed + 1)
            } else {
                try readFieldLine(bytes, start, end)
            }
        }
    }

    /// Steps over one empty line before the request line and refuses what can begin no request, such as a TLS record.
    /// - Returns: false when more bytes are needed to tell.
    private mutating func skipEmptyLine(_ bytes: Span<UInt8>) throws(HTTP1Error) -> Bool {
        guard draft.start < bytes.count else { return false }
        if bytes[draft.start] == 0x0D, !draft.skippedEmptyLine {
            guard bytes.count > draft.start + 1 else { return false }
            guard bytes[draft.start + 1] == 0x0A else { throw .bareLineEnd }
            draft.start += 2
            draft.lineStart = draft.start
            draft.scanned = draft.start
            draft.skippedEmptyLine = true
            guard draft.start < bytes.count else { return false }
        }
        guard CharacterClass.isToken(bytes[draft.start]) else { throw .malformedRequestLine }
        return true
    }

    /// The offset of the LF that ends the current line; nil when it has not come and may still.
    private mutating func nextLineFeed(_ bytes: Span<UInt8>) throws(HTTP1Error) -> Int? {
        let headBound = draft.start + limits.maximumHeadBytes
        let lineBound = draft.start + limits.maximumRequestLineBytes + 2
        let bound = draft.hasRequestLine ? headBound : min(headBound, lineBound)
        let searched = min(bound, bytes.count)
        if let found = Self.firstLineFeed(bytes, from: draft.scanned, to: searched) { return found }
        draft.scanned = max(draft.scanned, searched)
        guard bytes.count < bound else { throw draft.hasRequestLine ? .headTooLarge : .requestLineTooLong }
        return nil
    }

    private static func firstLineFeed(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        guard start < end else { return nil }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            // Both offsets were compared with the span's count above; memchr stays between them.
            guard let base = buffer.baseAddress, let found = unsafe memchr(base + start, 0x0A, end - start) else {
                return nil
            }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }
}
