import CZlib
package import HTTPProtocol

/// The gzip coding of whole bodies (RFC 1952), for those that are worth it. Streams are never compressed: their frames are
/// shared by all readers, and a compressor for each would cost more memory than everything else about a stream.
package enum Gzip {
    /// Below it the coding's own overhead eats what it saves.
    static let minimumBytes = 1_024

    /// - Parameter level: 1 (fast) to 9 (small).
    /// - Returns: nil when there is no memory, or nothing is saved.
    static func compress(_ bytes: [UInt8], level: Int32) -> [UInt8]? {
        guard bytes.count >= minimumBytes, bytes.count <= Int(UInt32.max) else { return nil }
        var stream = unsafe z_stream()
        guard unsafe tideline_gzip_begin(&stream, level) == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        // What does not fit here has not become smaller.
        var output = [UInt8](repeating: 0, count: bytes.count)
        let outcome = unsafe bytes.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                return unsafe deflate(&stream, Z_FINISH)
            }
        }
        guard outcome == Z_STREAM_END else { return nil }
        output.removeLast(unsafe Int(stream.avail_out))
        return output
    }
}

extension Response {
    /// The same answer compressed where the client takes gzip and it saves something; it then varies by what is accepted.
    ///
    /// For large answers that are made off the loops: a mebibyte takes about 10 ms.
    package func compressed(for head: RequestHead) -> Response {
        guard body.count >= Gzip.minimumBytes else { return self }
        var answer = self
        answer.fields.append(.vary, "Accept-Encoding")
        guard AcceptedCodings(head).takesGzip, let smaller = Gzip.compress(body, level: 1) else { return answer }
        answer.body = smaller
        answer.fields.append(.contentEncoding, "gzip")
        return answer
    }
}
