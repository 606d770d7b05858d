internal import Contact
internal import Postgres

// The hub's ids as PostgreSQL's uuid.

extension Parameter {
    static func uuid(_ id: HubID) -> Parameter { .uuid(high: id.high, low: id.low) }

    static func uuids(_ ids: some Collection<HubID>) -> Parameter {
        var array = ArrayBuilder(.uuid, reserving: ids.count)
        for id in ids { array.append(id) }
        return .array(array)
    }

    static func int2s(_ numbers: some Collection<Int16>) -> Parameter {
        var array = ArrayBuilder(.int2, reserving: numbers.count)
        for number in numbers { array.append(int2: number) }
        return .array(array)
    }
}

extension ArrayBuilder {
    mutating func append(_ id: HubID) { append(uuidHigh: id.high, low: id.low) }

    mutating func append(optional id: HubID?) {
        if let id { append(id) } else { appendNull() }
    }

    mutating func append(optional text: String?) {
        if let text { append(text: text) } else { appendNull() }
    }
}

extension Rows {
    borrowing func id(_ row: Int, _ column: Int) throws(DatabaseError) -> HubID {
        let uuid = try uuid(row, column)
        return HubID(high: uuid.high, low: uuid.low)
    }

    borrowing func optionalID(_ row: Int, _ column: Int) throws(DatabaseError) -> HubID? {
        try isNull(row, column) ? nil : try id(row, column)
    }
}
