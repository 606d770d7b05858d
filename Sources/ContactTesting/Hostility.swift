/// What somebody who knows much about a customer can send under a public key, and the customer it is about: lines of
/// NDJSON, for tests and measurements that see to it that nothing of her changes.
package enum Hostility {
    package static let address = "vittima@posta.example"
    /// Her number at the site, which anybody can count up to, and the secret of her browser.
    package static let account = #"{"kind":"user_id","scope":"shop","value":"1042"}"#
    package static let browser = #"{"kind":"cookie","scope":"shop","value":"c-77ab19f0c2"}"#

    /// The customer, as those vouch for her who may: a verified address, a number, a browser she logged in with.
    package static let victim: [String] = [
        person(
            "v1", #"{"kind":"email","value":"\#(address)","assurance":"verified"}"#, name: "Lucia Bianchi",
            more: #","traits":{"plan":"pro","language":"it"}"#),
        person(
            "v2",
            #"{"kind":"email","value":"\#(address)","assurance":"verified"},{"kind":"phone","value":"+39 347 555 0101"}"#,
            name: "Lucia Bianchi"),
        person(
            "v3",
            #"{"kind":"email","value":"\#(address)","assurance":"verified"},\#(account),\#(browser)"#,
            name: "Lucia Bianchi"),
    ]

    /// One that says nothing but what is shown.
    package static func nameless(_ id: String, _ identifiers: String) -> String {
        #"{"id":"\#(id)","occurred_at":"2026-05-05T10:00:00Z","identifiers":[\#(identifiers)]}"#
    }

    /// The number-th attack: her address, number and browser under other names, now this and now that of them; her name,
    /// birth date and street with nothing but claims beside them; and her account at the site, with no name that contradicts.
    package static func line(_ number: Int) -> String {
        let email = #"{"kind":"email","value":"\#(address)","assurance":"claimed"}"#
        let phone = #"{"kind":"phone","value":"+39 347 555 0101","assurance":"claimed"}"#
        let own = #"{"kind":"cookie","scope":"shop","value":"ladro-\#(number)"}"#
        let name = "\(given[number % given.count]) \(surnames[number / given.count % surnames.count])\(number / 400)"
        let more = #","traits":{"plan":"none","language":"xx"}"#
        let id = "h\(number)"
        switch number % 6 {
        case 0: return person(id, email, name: name, more: more)
        case 1: return person(id, "\(email),\(browser)", name: name, more: more)
        case 2: return person(id, "\(phone),\(browser),\(own)", name: name, more: more)
        case 3: return person(id, "\(email),\(phone),\(own)", name: name, birth: nil, more: more)
        case 4: return nameless(id, "\(account),\(email),\(own)")
        default: return person(id, "\(email),\(phone),\(own)", name: "Lucia Bianchi", more: more)
        }
    }

    private static func person(
        _ id: String, _ identifiers: String, name: String, birth: String? = "1980-02-01", more: String = ""
    ) -> String {
        let birth = birth.map { #","birth_date":"\#($0)""# } ?? ""
        return
            #"{"id":"\#(id)","occurred_at":"2026-05-04T10:00:00Z","identifiers":[\#(identifiers)],"attributes":{"name":"\#(name)"\#(birth),"#
            + #""address":{"street":"via Garibaldi 12","city":"Torino","postcode":"10122","country":"IT"}}\#(more)}"#
    }

    private static let given = [
        "Anna", "Bruno", "Carla", "Dario", "Elena", "Fabio", "Giulia", "Hans", "Irene", "Jacopo", "Katia", "Livio",
        "Marta", "Nicola", "Olga", "Paolo", "Quinto", "Rosa", "Silvio", "Teresa",
    ]
    private static let surnames = [
        "Esposito", "Ferrari", "Greco", "Hofer", "Iorio", "Lombardi", "Moretti", "Neri", "Orsini", "Pellegrini",
        "Quaranta", "Ricci", "Santoro", "Testa", "Urbani", "Villa", "Zanetti", "Costa", "Gallo", "Fontana",
    ]
}
