/// Rows for a person to read: columns as wide as their widest cell, two spaces apart.
struct TextTable {
    private var rows: [[String]]

    /// - Parameter titles: the first row; every row has as many cells.
    init(_ titles: [String]) { rows = [titles] }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines, each ended by LF.
    var bytes: [UInt8] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for row in rows {
            for (cell, width) in zip(row, widths).dropLast() {
                text += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            text += (row.last ?? "") + "\n"
        }
        return Array(text.utf8)
    }
}

/// An array of objects that are JSON already, one a line.
enum JSONList {
    static func bytes(_ objects: [[UInt8]]) -> [UInt8] {
        guard !objects.isEmpty else { return Array("[]\n".utf8) }
        return Array("[\n  ".utf8) + Array(objects.joined(separator: Array(",\n  ".utf8))) + Array("\n]\n".utf8)
    }
}
