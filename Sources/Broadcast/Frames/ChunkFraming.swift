/// The fixed-width chunk framing of frames (RFC 9112 §7.1): five hexadecimal digits, CR LF, the bytes, CR LF.
///
/// A fixed width (leading zeros are legal in `chunk-size`) lets the size be patched in once the frame is written, and makes
/// the plain bytes of a frame findable without reading it.
package enum ChunkFraming {
    /// Bytes before the content.
    package static let prefixLength = 7
    /// Bytes after the content.
    package static let suffixLength = 2
    /// The largest content: what five digits hold.
    package static let maximumContent = 0xF_FFFF
    /// The chunk that ends a body.
    package static let last: [UInt8] = Array("0\r\n\r\n".utf8)

    /// Appends what `write` appends, as one chunk.
    package static func append<Bytes: RangeReplaceableCollection & MutableCollection>(
        to bytes: inout Bytes, _ write: (inout Bytes) -> Void
    ) where Bytes.Element == UInt8, Bytes.Index == Int {
        let start = bytes.count
        bytes.append(contentsOf: [48, 48, 48, 48, 48, 13, 10])
        write(&bytes)
        var size = bytes.count - start - prefixLength
        precondition(size <= maximumContent, "a frame of \(size) bytes exceeds the chunk framing")
        for position in stride(from: start + 4, through: start, by: -1) {
            let digit = UInt8(size & 15)
            bytes[position] = digit < 10 ? 48 + digit : 87 + digit
            size >>= 4
        }
        bytes.append(13)
        bytes.append(10)
    }
}
