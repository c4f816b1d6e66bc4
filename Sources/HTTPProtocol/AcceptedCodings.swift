/// Which codings of a body a client takes, from its Accept-Encoding fields (RFC 9110 §12.5.3). Only gzip is looked for.
package struct AcceptedCodings: Sendable {
    /// Elements beyond this many are not looked at.
    private static let maximumElements = 32

    /// Whether gzip may be sent: it is named, or all are, and not with weight 0. Without the field a client may take anything,
    /// but may also be too simple to say so.
    package let takesGzip: Bool

    package init(_ values: [ArraySlice<UInt8>]) {
        var named: Int?
        var others: Int?
        for element in values.flatMap({ $0.split(separator: UInt8(ascii: ",")) }).prefix(Self.maximumElements) {
            let parts = element.split(separator: UInt8(ascii: ";"))
            guard let name = parts.first.map(CharacterClass.trimmingBlanks), let weight = Self.weight(parts.dropFirst())
            else { continue }
            switch String(decoding: name.map(CharacterClass.lowercase), as: UTF8.self) {
            case "gzip", "x-gzip": named = max(named ?? 0, weight)
            case "*": others = weight
            default: break
            }
        }
        takesGzip = named ?? others ?? 0 > 0
    }

    package init(_ head: RequestHead) { self.init(head.values(of: .acceptEncoding)) }

    /// - Returns: nil when a weight cannot be read.
    private static func weight(_ parameters: ArraySlice<ArraySlice<UInt8>>) -> Int? {
        for parameter in parameters.map(CharacterClass.trimmingBlanks) {
            if let value = QualityValue.parameter(parameter) { return QualityValue(value)?.thousandths }
        }
        return 1_000
    }
}
