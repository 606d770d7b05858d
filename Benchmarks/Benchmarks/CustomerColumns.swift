/// Which column of a table of customers holds what, found by its name or by what stands in it; never by the table's.
struct CustomerColumns {
    enum Role {
        case given, surname, name, birth, civic, line, city, postcode, email, phone, number, company, truth, record
    }

    private(set) var roles: [Role?]
    let header: [String]

    init(_ table: CSVTable) {
        header = table.header.map { $0.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" } }.map { String($0) }
        roles = header.map(Self.role)
        for column in header.indices where roles[column] == nil && Self.isNumber(table, column) {
            roles[column] = .number
        }
        // The first column that is different in every row names the row.
        if let first = roles.firstIndex(of: .number), first == 0, !roles.contains(.record) { roles[0] = .record }
    }

    func values(_ role: Role, _ row: [String]) -> [String] {
        roles.indices.filter { roles[$0] == role && !row[$0].isEmpty }.map { row[$0] }
    }

    func numbers(_ row: [String]) -> [(scope: String, value: String)] {
        roles.indices.filter { roles[$0] == .number && !row[$0].isEmpty }.map { (header[$0], row[$0]) }
    }

    /// Whom a row is of: the table's own word for it, or the number in a record id like `rec-12-dup-0`.
    func truth(_ row: [String]) -> String? {
        if let truth = values(.truth, row).first { return truth }
        guard let record = values(.record, row).first else { return nil }
        let parts = record.split(separator: "-")
        return parts.count >= 3 && parts[0] == "rec" ? String(parts[1]) : nil
    }

    private static func role(_ name: String) -> Role? {
        let words = Set(name.split(separator: "_").map { String($0.filter { !$0.isNumber }) })
        func has(_ any: String...) -> Bool { any.contains { words.contains($0) } }
        if has("cluster", "entity", "truth", "ncid") { return .truth }
        if name == "id" || name == "recid" || (has("rec", "record", "unique", "row") && has("id")) { return .record }
        if has("email", "mail") { return .email }
        if has("phone", "tel", "telephone", "mobile", "telefono", "cellulare") { return .phone }
        if has("given", "first", "forename", "fname", "firstname", "nome") { return .given }
        if has("surname", "last", "family", "lname", "lastname", "cognome") { return .surname }
        if has("dob", "birthdate", "nascita") || (has("birth") && !has("place", "city", "country")) { return .birth }
        if has("postcode", "zip", "zipcode", "postal", "cap") || (has("post") && has("code")) { return .postcode }
        if has("suburb", "city", "town", "locality", "comune", "citta") { return .city }
        if has("street", "house") && has("number", "no", "num") || has("civico", "housenumber") { return .civic }
        if has("address", "street", "addr", "indirizzo", "via") { return .line }
        if has("company", "organisation", "organization", "employer", "azienda") { return .company }
        if has("name", "nominativo", "fullname") { return .name }
        return nil
    }

    /// Mostly digits, five or more, and seldom the same: somebody's number.
    private static func isNumber(_ table: CSVTable, _ column: Int) -> Bool {
        let values = table.rows.map { $0[column] }.filter { !$0.isEmpty }
        guard values.count * 2 > table.rows.count else { return false }
        let fitting = values.count { value in
            value.utf8.count >= 5 && value.utf8.count { (0x30...0x39).contains($0) } * 10 >= value.utf8.count * 8
        }
        return fitting * 10 >= values.count * 9 && Set(values).count * 5 > values.count
    }
}
