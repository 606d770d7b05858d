internal import Contact

/// Small things done to the text of a mail.
enum HeaderText {
    static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    static func storable(_ text: String) -> String { Text.storable(text) }

    /// A name as somebody chose to be called, in a header: without the quotes and brackets that programs add.
    static func displayName(_ name: String) -> String {
        var name = trimmed(name)
        while let first = name.first, let last = name.last, name.count > 1,
            (first == "'" && last == "'") || (first == "\"" && last == "\"")
        {
            name = trimmed(String(name.dropFirst().dropLast()))
        }
        return name
    }
}
