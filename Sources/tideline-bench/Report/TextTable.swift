/// Tables for a terminal and for Markdown at once.
enum TextTable {
    /// The first row is the head; the first column is aligned to the left, the others to the right.
    static func markdown(_ rows: [[String]]) -> String {
        guard let head = rows.first else { return "" }
        let widths = head.indices.map { column in max(3, rows.map { $0[column].count }.max() ?? 0) }
        var lines = rows.map { row in line(row, widths) }
        let rule = widths.enumerated().map { index, width in
            index == 0 ? String(repeating: "-", count: width) : String(repeating: "-", count: width - 1) + ":"
        }
        lines.insert("| " + rule.joined(separator: " | ") + " |", at: 1)
        return lines.joined(separator: "\n")
    }

    private static func line(_ row: [String], _ widths: [Int]) -> String {
        let cells = zip(row, widths).enumerated().map { index, cell in
            let padding = String(repeating: " ", count: cell.1 - cell.0.count)
            return index == 0 ? cell.0 + padding : padding + cell.0
        }
        return "| " + cells.joined(separator: " | ") + " |"
    }
}

/// Decimal numbers for people: a fixed count of decimals, thousands apart.
enum Decimal {
    static func text(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((abs(value) * scale).rounded())
        let digits = grouped(scaled / Int(scale))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + digits }
        let fraction = String(scaled % Int(scale))
        return sign + digits + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    private static func grouped(_ value: Int) -> String {
        var rest = String(value)
        var groups: [String] = []
        while rest.count > 3 {
            groups.insert(String(rest.suffix(3)), at: 0)
            rest.removeLast(3)
        }
        return ([rest] + groups).joined(separator: ",")
    }
}
