internal import Contact
internal import Postgres

/// What stands in the search tables about a facet, as text that the database takes.
///
/// A word of a facet is `WORKSPACE.word`; the key of a misspelt address `WORKSPACE~key`; a number, its digits from the last to
/// the first, `WORKSPACE#digits`; a whole address, `WORKSPACE@local@domain`, each part written together.
struct SearchRows {
    let workspace: Int64
    private var seen: Set<String> = []
    private(set) var lexemes: [String] = []
    /// Words of names, for those who misspell them.
    private(set) var names: Set<String> = []

    init(_ workspace: Int64) { self.workspace = workspace }

    mutating func add(name folded: String) {
        for word in SearchWords.ofName(folded) {
            add(word: word)
            if word.count >= SearchWords.shortestMisspelt, !SearchWords.isNumber(word) { names.insert(word) }
        }
    }

    mutating func add(_ identifier: Identifier) {
        let (words, number) = SearchWords.of(identifier)
        for word in words { add(word: word) }
        if let number, !number.isEmpty { add("\(workspace)#\(number)") }
        guard identifier.kind == .email, let at = identifier.value.lastIndex(of: "@") else { return }
        let local = SearchWords.together(String(identifier.value[..<at]))
        let domain = SearchWords.together(String(identifier.value[identifier.value.index(after: at)...]))
        add("\(workspace)@\(local)@\(domain.prefix(SearchWords.longest))")
        for key in SearchWords.keys(of: local) {
            add("\(workspace)~\(key)")
        }
    }

    private mutating func add(word: String) { add("\(workspace).\(word)") }

    private mutating func add(_ lexeme: String) {
        if seen.insert(lexeme).inserted { lexemes.append(lexeme) }
    }

    /// One text, a lexeme a line: none holds a line break.
    var text: String { lexemes.joined(separator: "\n") }

    /// Rows of `search_word` for words of names, sorted.
    static func keys(_ names: Set<String>) -> [(key: String, word: String)] {
        names.flatMap { word in SearchWords.keys(of: word).map { (key: $0, word: word) } }
            .sorted { ($0.key, $0.word) < ($1.key, $1.word) }
    }

    /// Arrays of `search.words_add` and `search.words_forget`.
    static func parameters(_ names: Set<String>, _ workspace: Int64) -> [Parameter] {
        let keys = keys(names)
        var (first, second) = (ArrayBuilder(.text, reserving: keys.count), ArrayBuilder(.text, reserving: keys.count))
        for (key, word) in keys {
            first.append(text: key)
            second.append(text: word)
        }
        return [.int8(workspace), .array(first), .array(second)]
    }
}
