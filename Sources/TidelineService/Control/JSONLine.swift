import Events

/// One small JSON object on one line, members in the order given.
struct JSONLine {
    private var text = [UInt8(ascii: "{")]

    /// The finished object, without a line end.
    var bytes: [UInt8] { text + [UInt8(ascii: "}")] }

    mutating func add(_ name: String, _ value: String) {
        key(name)
        text.append(jsonString: value)
    }

    mutating func add(_ name: String, _ value: Int64) {
        key(name)
        text.append(decimal: value)
    }

    /// A member whose value is JSON already.
    mutating func add(_ name: String, raw: [UInt8]) {
        key(name)
        text += raw
    }

    private mutating func key(_ name: String) {
        if text.count > 1 { text.append(UInt8(ascii: ",")) }
        text.append(jsonString: name)
        text.append(UInt8(ascii: ":"))
    }
}
