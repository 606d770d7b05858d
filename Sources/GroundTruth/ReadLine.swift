internal import Foundation

/// Why a line cannot be read; the reference takes what the generator writes and refuses the rest.
package struct ReferenceError: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// A half-year, counted from the first of year 0.
struct HalfYear: Hashable {
    let number: Int
    var text: String { "\(number / 2)H\(number % 2 + 1)" }
}

/// One line, understood.
struct ReadLine {
    let source: String
    let id: String
    let customer: String
    let person: String?
    let moment: Int64
    let traits: [(name: String, json: String)]
    /// The facet it hangs on.
    let content: ReferenceFacet
    /// The canonical text of that facet.
    var facet: String { content.text }

    /// Reads a line; what is presented under a public key is no more than that.
    init(_ line: [UInt8], isPublic: Bool = false) throws(ReferenceError) {
        // Why it is no JSON does not matter: the generator writes none that is not, and the error names the line.
        guard let parsed = try? JSONSerialization.jsonObject(with: Data(line)), let object = parsed as? [String: Any],
            let source = object["source"] as? String, let id = object["id"] as? String,
            let stamp = object["occurred_at"] as? String, let listed = object["identifiers"] as? [[String: String]]
        else { throw ReferenceError("not an interaction: \(String(decoding: line.prefix(200), as: UTF8.self))") }
        self.source = source
        self.id = id
        customer = object["customer"] as? String ?? ""
        person = (object["truth"] as? [String: String])?["person"]
        guard let time = Moment(stamp) else { throw ReferenceError("\(id): no RFC 3339 time: \(stamp)") }
        moment = time.microseconds
        var strongest: [ReferenceValue: Standing] = [:]
        for one in listed {
            guard let stated = Standing(stated: one["assurance"] ?? ""),
                let value = Spelling.canonical(one["kind"] ?? "", one["scope"] ?? "", one["value"] ?? "")
            else { throw ReferenceError("\(id): not an identifier: \(one)") }
            let standing = isPublic && stated == .presented ? .public : stated
            strongest[value] = max(strongest[value] ?? .claimed, standing)
        }
        content = ReferenceFacet(
            shown: strongest.map { ReferenceFacet.Shown($0.key, $0.value) },
            attributes: Self.attributes(object["attributes"] as? [String: Any] ?? [:]),
            period: strongest.keys.contains { Kinds.changesHands.contains($0.kind) } ? time.halfYear.number : nil)
        var traits: [(name: String, json: String)] = []
        for (name, value) in object["traits"] as? [String: Any] ?? [:] {
            guard
                let json = try? JSONSerialization.data(
                    withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
            else { throw ReferenceError("\(id): trait \(name) is no JSON value") }
            traits.append((name, String(decoding: json, as: UTF8.self)))
        }
        self.traits = traits
    }

    private static func attributes(_ object: [String: Any]) -> [ReferenceFacet.Attribute] {
        var found: [ReferenceFacet.Attribute] = []
        for (name, value) in object {
            if let text = value as? String { found.append(.init(name, Spelling.folded(text))) }
            for (part, text) in value as? [String: String] ?? [:] {
                found.append(.init("\(name).\(part)", Spelling.folded(text)))
            }
        }
        return found
    }
}

/// The rules of FORMATS.md, Identifier kinds.
enum Kinds {
    static let all: Set<String> = [
        "email", "phone", "customer_number", "user_id", "forum_account", "ticket_requester", "chat_account", "cookie",
        "device", "card", "codice_fiscale", "landline", "partita_iva", "domain", "switchboard",
    ]
    static let changesHands: Set<String> = ["phone", "cookie", "device", "card"]
    /// Mailboxes of a role rather than of a person: RFC 2142, and what is found in Italy and elsewhere.
    static let roles: Set<String> = [
        "info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet",
        "news", "webmaster", "www", "uucp", "ftp", "noreply", "no-reply", "donotreply", "mailer-daemon", "notifiche",
        "amministrazione", "segreteria", "ordini", "assistenza",
    ]
    /// With one of these words a mailbox begins that a whole family reads.
    static let households: Set<String> = ["famiglia", "fam", "family", "familie", "famille", "casa"]
}
