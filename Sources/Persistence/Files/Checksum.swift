/// CRC-32 (ISO-HDLC, polynomial 0xEDB88320): finds torn and damaged state, proves nothing against an attacker.
enum Checksum {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let table = Self.table
        return ~bytes.reduce(0xFFFF_FFFF as UInt32) { sum, byte in
            table[Int((sum ^ UInt32(byte)) & 0xff)] ^ (sum >> 8)
        }
    }
}
