internal import Contact

/// A JSON object sent as a body, each of whose members is known by name; null stands for a member that is not there.
struct BodyObject {
    /// Bytes it may have.
    static let mostBytes = 1 << 20

    private let value: JSONValue

    init(_ bytes: [UInt8], knowing names: [String]) throws(Problem) {
        let value: JSONValue
        do throws(Refusal) { value = try JSONValue(bytes) } catch {
            throw Problem.badRequest(
                error.reason.rawValue, "The body cannot be read", error.detail, error.reason.whatToDo)
        }
        try self.init(value, "the body", knowing: names)
    }

    private init(_ value: JSONValue, _ what: String, knowing names: [String]) throws(Problem) {
        guard let members = value.members else {
            throw Self.invalid(
                "\(what) is not a JSON object", "send an object with \(names.joined(separator: ", "))")
        }
        for (name, _) in members where !names.contains(name) {
            throw Problem.badRequest(
                "unknown_field", "The body has a member that nothing knows", "\(what) has another member than it may",
                "leave out all but \(names.joined(separator: ", "))")
        }
        self.value = value
    }

    private func member(_ name: String) -> JSONValue? { value[name].flatMap { $0.isNull ? nil : $0 } }

    func object(_ name: String, knowing names: [String]) throws(Problem) -> BodyObject? {
        guard let member = member(name) else { return nil }
        return try BodyObject(member, name, knowing: names)
    }

    /// An array of objects.
    func objects(_ name: String, knowing names: [String]) throws(Problem) -> [BodyObject]? {
        guard let member = member(name) else { return nil }
        guard let elements = member.elements else {
            throw Self.invalid("\(name) is not an array", "send \(name) as an array of objects")
        }
        var objects: [BodyObject] = []
        for element in elements { objects.append(try BodyObject(element, "an element of \(name)", knowing: names)) }
        return objects
    }

    /// The JSON of a member.
    func json(_ name: String) -> [UInt8]? { member(name)?.canonical }

    func text(_ name: String) throws(Problem) -> String? {
        guard let member = member(name) else { return nil }
        guard let text = member.string else { throw Self.invalid("\(name) is not a text", "send \(name) as a text") }
        return text
    }

    /// An object of texts; empty where it is not there. Numbers and flags are taken as they are written.
    func texts(_ name: String) throws(Problem) -> [String: String] {
        guard let member = member(name) else { return [:] }
        let todo = "send \(name) as an object of texts"
        guard let members = member.members else { throw Self.invalid("\(name) is not an object", todo) }
        var texts: [String: String] = [:]
        for (key, value) in members {
            guard value.members == nil, value.elements == nil else {
                throw Self.invalid("\(name) holds more than texts", todo)
            }
            texts[key] = value.isNull ? "" : value.string ?? String(decoding: value.canonical, as: UTF8.self)
        }
        return texts
    }

    /// A whole number from 0; `742.0` is one, too (JSON Schema 2020-12, 4.2.3).
    func number<Number: FixedWidthInteger>(
        _ name: String, as type: Number.Type = Number.self
    ) throws(Problem) -> Number? {
        guard let member = member(name) else { return nil }
        let whole = member.integer ?? member.number.flatMap { Double($0) }.flatMap { Int64(exactly: $0) }
        guard let number = whole.flatMap({ Number(exactly: $0) }), number >= 0 else {
            throw Self.invalid("\(name) is not a whole number", "send \(name) as a number from 0, or leave it out")
        }
        return number
    }

    /// False where it is not there.
    func flag(_ name: String) throws(Problem) -> Bool {
        guard let member = member(name) else { return false }
        guard let flag = member.bool else {
            throw Self.invalid("\(name) is neither true nor false", "send true or false as \(name), or leave it out")
        }
        return flag
    }

    /// Ids of profiles or facets: 1 to 1,000.
    func ids(_ name: String) throws(Problem) -> [HubID]? {
        guard let member = member(name) else { return nil }
        let todo = "send \(name) as an array of 1 to 1,000 ids of profiles or facets"
        guard let elements = member.elements else { throw Self.invalid("\(name) is not an array", todo) }
        guard (1...1_000).contains(elements.count) else {
            throw Self.invalid("\(name) has \(elements.count) elements", todo)
        }
        var ids: [HubID] = []
        for element in elements {
            guard let id = element.string.flatMap({ HubID($0) }) else {
                throw Self.invalid("\(name) holds what is no UUID", todo)
            }
            ids.append(id)
        }
        return ids
    }

    /// Why somebody says what he says: needed but for a preview.
    func why(isPreview: Bool) throws(Problem) -> String {
        let why = try text("why") ?? ""
        guard why.contains(where: { !$0.isWhitespace }) || isPreview else {
            throw Self.invalid("why is missing", "say in why what the reason is: it is kept, for those who ask later")
        }
        guard why.utf8.count <= 10_000 else { throw Self.invalid("why is too long", "say it in 10,000 bytes") }
        return why
    }

    static func invalid(_ detail: String, _ whatToDo: String) -> Problem {
        .badRequest("body_invalid", "The body cannot be used", detail, whatToDo)
    }
}
