/// The three things a load generator needs of an HTTP response head.
struct ResponseHead {
    let status: Int
    /// Nil: chunked, or until the connection closes.
    let contentLength: Int?
    let isChunked: Bool
    /// Bytes up to and including the blank line.
    let length: Int

    /// The head at the start of `bytes`, nil while it is incomplete.
    init?(_ bytes: Span<UInt8>) throws(Failure) {
        guard let blank = ByteSearch.first(Array("\r\n\r\n".utf8), in: bytes, range: 0..<bytes.count) else {
            return nil
        }
        length = blank + 4
        var text = ""
        for index in 0..<blank { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
        let lines = text.lowercased().split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("http/1."), let status = Int(words[1]) else {
            throw Failure("not an HTTP response: \(text.prefix(80))")
        }
        self.status = status
        var contentLength: Int?
        var isChunked = false
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop(while: { $0 == " " })
            switch line[..<colon] {
            case "content-length": contentLength = Int(value)
            case "transfer-encoding": isChunked = value.hasPrefix("chunked")
            default: break
            }
        }
        self.contentLength = contentLength
        self.isChunked = isChunked
    }
}
