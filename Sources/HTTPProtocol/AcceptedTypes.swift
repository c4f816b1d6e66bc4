/// What a client takes, from its Accept fields (RFC 9110 §12.5.1).
///
/// Parameters other than `q` are not compared: none of our types has any. A range that cannot be read is skipped; a client
/// whose Accept has nothing readable, or none at all, takes everything.
package struct AcceptedTypes: Sendable {
    /// One media range and its weight in thousandths.
    struct Range: Sendable, Equatable {
        /// nil is `*`.
        var type: String?
        var subtype: String?
        var weight: Int

        /// How exactly the range names its types: the more exact one decides.
        var specificity: Int { (type == nil ? 0 : 1) + (subtype == nil ? 0 : 1) }

        func matches(_ media: MediaType) -> Bool {
            (type == nil || type == media.type) && (subtype == nil || subtype == media.subtype)
        }
    }

    /// Ranges beyond this many are not looked at.
    static let maximumRanges = 64

    private let ranges: [Range]

    package init(_ values: [ArraySlice<UInt8>]) {
        var ranges: [Range] = []
        for value in values {
            for element in value.split(separator: UInt8(ascii: ",")) where ranges.count < Self.maximumRanges {
                if let range = Self.range(element) { ranges.append(range) }
            }
        }
        self.ranges = ranges
    }

    package init(_ head: RequestHead) { self.init(head.values(of: .accept)) }

    /// The weight of `media`, 0 (refused) to 1000.
    package func weight(of media: MediaType) -> Int {
        guard !ranges.isEmpty else { return 1_000 }
        var best: Range?
        for range in ranges where range.matches(media) {
            if let known = best, known.specificity >= range.specificity { continue }
            best = range
        }
        return best?.weight ?? 0
    }

    package func accepts(_ media: MediaType) -> Bool { weight(of: media) > 0 }

    /// The one of `offers` that the client likes best, the earlier one among equals; nil is a 406.
    package func preferred(of offers: [MediaType]) -> MediaType? {
        var best: (media: MediaType, weight: Int)?
        for offer in offers {
            let weight = weight(of: offer)
            if weight > (best?.weight ?? 0) { best = (offer, weight) }
        }
        return best?.media
    }

    private static func range(_ element: ArraySlice<UInt8>) -> Range? {
        let parts = element.split(separator: UInt8(ascii: ";"))
        guard let first = parts.first, let media = MediaType(parsing: CharacterClass.trimmingBlanks(first)) else {
            return nil
        }
        guard media.type != "*" || media.subtype == "*" else { return nil }
        var weight = 1_000
        for part in parts.dropFirst() {
            guard let value = QualityValue.parameter(CharacterClass.trimmingBlanks(part)) else { continue }
            guard let quality = QualityValue(value) else { return nil }
            weight = quality.thousandths
        }
        return Range(
            type: media.type == "*" ? nil : media.type, subtype: media.subtype == "*" ? nil : media.subtype,
            weight: weight)
    }
}
