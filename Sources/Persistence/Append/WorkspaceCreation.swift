import Events

/// The payload of `workspace.created`.
enum WorkspaceCreation {
    static func data(slug: WorkspaceID, timeZone: String, name: String?) -> [UInt8] {
        var data = Array("{\"slug\":\"\(slug.text)\",\"tz\":".utf8)
        appendString(timeZone, to: &data)
        if let name {
            data += Array(",\"name\":".utf8)
            appendString(name, to: &data)
        }
        data.append(UInt8(ascii: "}"))
        return data
    }

    /// A JSON string (RFC 8259 §7).
    private static func appendString(_ text: String, to data: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        data.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                data.append(UInt8(ascii: "\\"))
                data.append(byte)
            case 0..<0x20:
                data += Array("\\u00".utf8)
                data.append(digits[Int(byte >> 4)])
                data.append(digits[Int(byte & 15)])
            default:
                data.append(byte)
            }
        }
        data.append(UInt8(ascii: "\""))
    }
}
