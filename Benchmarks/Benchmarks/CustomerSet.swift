internal import Contact
internal import Resolution

/// A table of customers as the hub would be shown it: one facet a row, and whom each row is truly of.
struct CustomerSet {
    let name: String
    private(set) var facets: [FacetContent] = []
    private(set) var truth: [String] = []
    /// Values that the hub refuses: an address that is none, a day the calendar does not have.
    private(set) var refused = 0

    init(name: String, facets: [FacetContent], truth: [String]) {
        self.name = name
        self.facets = facets
        self.truth = truth
    }

    /// Nil where the rows do not say whom they are of, or say nothing of names.
    init?(name: String, _ tables: [CSVTable]) {
        self.name = name
        for table in tables {
            let columns = CustomerColumns(table)
            let hasNames = columns.roles.contains { $0 == .given || $0 == .surname || $0 == .name }
            guard hasNames, let first = table.rows.first, columns.truth(first) != nil else { return nil }
            let isMonthFirst = Self.isMonthFirst(table, columns)
            for row in table.rows {
                guard let person = columns.truth(row) else { continue }
                truth.append(person)
                facets.append(facet(row, columns, isMonthFirst))
            }
        }
    }

    private mutating func facet(_ row: [String], _ columns: CustomerColumns, _ isMonthFirst: Bool) -> FacetContent {
        var attributes: [FacetContent.Attribute] = []
        func add(_ name: String, _ value: String) {
            if !value.isEmpty { attributes.append(.init(name: name, value: value)) }
        }
        let names = columns.values(.name, row)
        let parts = names.isEmpty ? columns.values(.given, row) + columns.values(.surname, row) : names
        add("name", PersonName.folded(parts.joined(separator: " ")))
        if let birth = columns.values(.birth, row).first {
            if let day = Self.day(birth, isMonthFirst) { add("birth_date", day) } else { refused += 1 }
        }
        let lines = columns.values(.line, row)
        let street = (columns.values(.civic, row) + lines.prefix(1)).joined(separator: " ")
        add("address.street", Text.fold(([street] + lines.dropFirst()).filter { !$0.isEmpty }.joined(separator: ", ")))
        add("address.city", Text.fold(columns.values(.city, row).first ?? ""))
        add("address.postcode", Text.fold(columns.values(.postcode, row).first ?? ""))
        add("company", Text.fold(columns.values(.company, row).first ?? ""))
        var shown: [ShownIdentifier] = []
        let normaliser = Normaliser()
        func show(_ kind: String, _ scope: String?, _ value: String, _ assurance: Assurance) {
            do {
                shown.append(.init(try normaliser.identifier(kind: kind, scope: scope, value: value), assurance))
            } catch { refused += 1 }
        }
        for email in columns.values(.email, row) { show("email", nil, email, .presented) }
        for phone in columns.values(.phone, row) { show("phone", nil, phone, .claimed) }
        // Typed, with errors: said and not shown.
        for number in columns.numbers(row) { show("customer_number", number.scope, number.value, .claimed) }
        return FacetContent.showing(shown, attributes: attributes, at: 1_795_737_600_000_000)
    }

    /// `1980-02-01` from that, `19800201`, `01/02/1980`; nil for what is no day, and for what stands for "unknown".
    private static func day(_ text: String, _ isMonthFirst: Bool) -> String? {
        let digits = text.split { !$0.isNumber }.map(String.init)
        var parts: [String] = digits
        if digits.count == 1, text.count == 8 {
            parts = [String(text.prefix(4)), String(text.dropFirst(4).prefix(2)), String(text.suffix(2))]
        }
        guard parts.count >= 3 else { return nil }
        if parts[2].count == 4 {
            parts = isMonthFirst ? [parts[2], parts[0], parts[1]] : [parts[2], parts[1], parts[0]]
        }
        let padded = parts.prefix(3).map { $0.count == 1 ? "0" + $0 : $0 }
        let day = padded.joined(separator: "-")
        guard let date = CivilDate(Array(day.utf8).span), date.year > 1_875, date.year < 2_200, day != "1900-01-01",
            day != "1970-01-01"
        else { return nil }
        return day
    }

    /// Dates with slashes: whether the second number is above 12 more often than the first.
    private static func isMonthFirst(_ table: CSVTable, _ columns: CustomerColumns) -> Bool {
        var (first, second) = (0, 0)
        for row in table.rows {
            guard let date = columns.values(.birth, row).first else { continue }
            let parts = date.split { !$0.isNumber }.compactMap { Int($0) }
            guard parts.count >= 3 else { continue }
            if parts[0] > 12 { first += 1 }
            if parts[1] > 12 { second += 1 }
        }
        return second > first
    }

    /// The groups that the deterministic layer makes: facets that show one linking value, and equal facets.
    func groups() -> [Int] {
        let normaliser = Normaliser()
        var parent = Array(facets.indices)
        func root(_ node: Int) -> Int {
            var node = node
            while parent[node] != node {
                parent[node] = parent[parent[node]]
                node = parent[node]
            }
            return node
        }
        var first: [Identifier: Int] = [:]
        var same: [[UInt8]: Int] = [:]
        for (number, facet) in facets.enumerated() {
            func join(_ other: Int?) { if let other { parent[root(number)] = root(other) } }
            join(same.updateValue(number, forKey: CanonicalBytes.facet(facet)))
            for shown in facet.identifiers where !normaliser.isRole(shown.identifier) {
                guard let least = Rules.standard[shown.identifier.kind].links, shown.assurance >= least else { continue }
                join(first.updateValue(number, forKey: shown.identifier))
            }
        }
        return facets.indices.map(root)
    }
}
