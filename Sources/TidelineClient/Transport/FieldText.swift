/// Text on its way into a header field, where a line end would begin another field.
enum FieldText {
    /// Without control characters, and without blanks around it.
    static func clean(_ text: String) -> String {
        let visible = text.unicodeScalars.filter { !isControl($0) }
        let blanks: (Unicode.Scalar) -> Bool = { $0 == " " }
        let kept = visible.drop(while: blanks).reversed().drop(while: blanks).reversed()
        var clean = String.UnicodeScalarView()
        clean.append(contentsOf: kept)
        return String(clean)
    }

    static func isClean(_ text: String) -> Bool { !text.unicodeScalars.contains(where: isControl) }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }
}
