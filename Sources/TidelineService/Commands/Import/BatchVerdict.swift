import Events

/// The answer to a batch, read as far as it matters: the sums, and the items that were refused.
struct BatchVerdict: Equatable {
    var accepted = 0
    var duplicates = 0
    var refusals: [ImportRefusal] = []

    /// Nothing is judged yet.
    init() {}

    /// - Returns: nil when `reply` does not judge items.
    init?(_ reply: HTTPReply, lines: [ImportWindow.Line]) {
        let text = reply.body.span
        var sums: [Int?] = [nil, nil, nil]
        var items = 0..<0
        let isObject = JSONSkimmer.members(of: text) { key, value in
            for (place, name) in Self.sums.enumerated() where JSONSkimmer.isEqual(text, key, name) {
                sums[place] = Int(String(decoding: reply.body[value], as: UTF8.self))
            }
            if JSONSkimmer.isEqual(text, key, Self.items) { items = value }
        }
        guard isObject, let accepted = sums[0], let duplicates = sums[1], let rejected = sums[2],
            accepted + duplicates + rejected == lines.count
        else { return nil }
        self.accepted = accepted
        self.duplicates = duplicates
        guard rejected > 0 else { return }
        guard let elements = JSONSkimmer.elements(of: text, in: items), elements.count == lines.count else {
            return nil
        }
        for (element, line) in zip(elements, lines) {
            guard let item = try? JSONDocument(scanning: reply.body[element]).root,
                let status = item["status"]?.string
            else { return nil }
            if status == "rejected" { refuse(item, line) }
        }
    }

    private static let sums = ["accepted", "duplicates", "rejected"].map { Array($0.utf8) }
    private static let items = Array("items".utf8)

    private mutating func refuse(_ item: JSONValue, _ line: ImportWindow.Line) {
        let code = item["code"]?.string ?? "unknown"
        if code == "idempotency_conflict", line.isExported {
            // The event was appended once in other words: by another principal, or with a preview that is no part of it.
            duplicates += 1
        } else {
            refusals.append(ImportRefusal(line: line.number, code: code, detail: item["detail"]?.string ?? ""))
        }
    }
}
