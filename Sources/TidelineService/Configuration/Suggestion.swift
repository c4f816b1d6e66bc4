/// Finds what somebody probably meant.
enum Suggestion {
    /// The candidate with the fewest typing mistakes, when they are few: at most two, or a third of the text.
    static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(2, text.utf8.count / 3)
        return candidates.map { (name: $0, distance: distance(text.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= limit && $0.distance < $0.name.utf8.count }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// Levenshtein's distance in bytes: insertions, deletions and replacements that turn `left` into `right`.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (i, byte) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let replaced = diagonal + (byte == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
