/// The status and fields of an answer, before the connection has added its own.
package struct ResponseHead: Sendable {
    package var status: Status
    package var fields: HTTPFields

    package init(_ status: Status = .ok, _ fields: HTTPFields = HTTPFields()) {
        self.status = status
        self.fields = fields
    }
}

/// Writes answers in HTTP/1.1 (RFC 9112 §4, §6, §7.1).
package enum ResponseEncoder {
    /// How the client will know where the body ends.
    package enum Framing: Hashable, Sendable {
        /// No body and no length: 1xx, 204, 304.
        case none
        case length(Int)
        case chunked
        /// HTTP/1.0: the body ends with the connection.
        case untilClose
    }

    /// What the answer says about the connection's future.
    package enum Persistence: Hashable, Sendable {
        /// HTTP/1.1 stays open without a word.
        case implied
        /// HTTP/1.0 must be told.
        case keepAlive
        case close
    }

    /// Appends status line, fields and the empty line.
    /// - Parameters:
    ///   - date: the value of Date (``HTTPDate``).
    ///   - requestID: the value of X-Request-Id, made of token bytes.
    package static func append(
        _ head: ResponseHead, framing: Framing, persistence: Persistence, date: [UInt8], requestID: String,
        to output: inout [UInt8]
    ) {
        append(statusLine: head.status, to: &output)
        output.append("date: ")
        output += date
        output.append("\r\nx-request-id: ")
        output.append(contentsOf: requestID.utf8)
        output.append("\r\n")
        output += head.fields.bytes
        switch framing {
        case .none: break
        case .length(let count):
            output.append("content-length: ")
            output.append(decimal: count)
            output.append("\r\n")
        case .chunked: output.append("transfer-encoding: chunked\r\n")
        case .untilClose: break
        }
        switch framing == .untilClose ? .close : persistence {
        case .implied: break
        case .keepAlive: output.append("connection: keep-alive\r\n")
        case .close: output.append("connection: close\r\n")
        }
        output.append("\r\n")
    }

    /// Appends the interim answer that asks for the body (RFC 9110 §15.2.1).
    package static func appendContinue(to output: inout [UInt8]) {
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    private static func append(statusLine status: Status, to output: inout [UInt8]) {
        if status == .ok {
            output.append("HTTP/1.1 200 OK\r\n")
            return
        }
        output.append("HTTP/1.1 ")
        output.append(decimal: Int(status.code))
        output.append(0x20)
        output.append(status.reason)
        output.append("\r\n")
    }
}

/// The chunks of a chunked body (RFC 9112 §7.1).
package enum ChunkFraming {
    /// The end of a chunked body, without trailers.
    package static let last: [UInt8] = Array("0\r\n\r\n".utf8)

    /// Appends one chunk. An empty one would end the body, so it is nothing.
    package static func append(_ data: [UInt8], to output: inout [UInt8]) {
        guard !data.isEmpty else { return }
        output.append(hexadecimal: data.count)
        output.append("\r\n")
        output += data
        output.append("\r\n")
    }
}
