import Testing

@testable import Contact

/// The hard spellings: what people, forms and programs write, and the one spelling it comes to.
@Suite struct SpellingTests {
    struct Spelling: Sendable, CustomTestStringConvertible {
        let kind: String
        let scope: String?
        let written: String
        let canonical: String
        init(_ kind: String, _ written: String, _ canonical: String, scope: String? = nil) {
            self.kind = kind
            self.scope = scope
            self.written = written
            self.canonical = canonical
        }
        var testDescription: String { "\(kind) \(written)" }
    }

    static let spellings: [Spelling] = [
        .init("email", " Mario.Rossi@Example.IT ", "email:mario.rossi@example.it"),
        .init("email", "\"mario.rossi\"@example.it", "email:mario.rossi@example.it"),
        .init("email", "\"mario rossi\"@example.it", "email:\"mario rossi\"@example.it"),
        .init("email", "\"a\\\"b\"@example.it", "email:\"a\\\"b\"@example.it"),
        .init("email", "info@perch\u{E9}.it", "email:info@xn--perch-fsa.it"),
        .init("email", "info@PERCHE\u{301}.IT.", "email:info@xn--perch-fsa.it"),
        .init("email", "anna@stra\u{DF}e.de", "email:anna@xn--strae-oqa.de"),
        .init("email", "anna@example\u{3002}it", "email:anna@example.it"),
        .init("email", "Niccol\u{F2}@example.it", "email:niccol\u{F2}@example.it"),
        .init("email", "Niccolo\u{300}@example.it", "email:niccol\u{F2}@example.it"),
        .init("email", "M.Rossi+Shop@GoogleMail.com", "email:mrossi@gmail.com"),
        .init("email", "m.rossi+shop@example.it", "email:m.rossi+shop@example.it"),
        .init("email", "m.rossi@reply.it", "email:m.rossi@reply.it"),
        .init("email", "nd@studiorossi.it", "email:nd@studiorossi.it"),
        .init("email", "reply.rossi@example.it", "email:reply.rossi@example.it"),
        .init("email", "o'neill@example.it", "email:o'neill@example.it"),
        .init("email", "\u{200B}mario\u{AD}.rossi@example.it\u{FEFF}", "email:mario.rossi@example.it"),
        .init("phone", "\u{202A}+39 347 123\u{2011}4567\u{202C}", "phone:+393471234567"),
        .init("phone", "+39 06 698 12345", "landline:+390669812345"),
        .init("phone", "347 1234567", "phone:+393471234567"),
        .init("phone", "0347 1234567", "phone:+393471234567"),
        .init("phone", "+39 0347/1234567", "phone:+393471234567"),
        .init("phone", "0039 347-1234567", "phone:+393471234567"),
        .init("phone", "393471234567", "phone:+393471234567"),
        .init("phone", "tel:+39-347-123-4567", "phone:+393471234567"),
        .init(
            "phone", "\u{663}\u{664}\u{667} \u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}", "phone:+393471234567"),
        .init("phone", "06 6982 1234", "landline:+390669821234"),
        .init("phone", "0039 02/1234567", "landline:+39021234567"),
        .init("landline", "(347) 123 45.67", "phone:+393471234567"),
        .init("landline", "0549 882345", "landline:+3780549882345"),
        .init("landline", "+378 882345", "landline:+3780549882345"),
        .init("phone", "+378 0549 882345", "landline:+3780549882345"),
        .init("phone", "+1 650 253 0000", "phone:+16502530000"),
        .init("phone", "+44 7400 123456", "phone:+447400123456"),
        .init("switchboard", "02 12345601", "switchboard:+390212345601"),
        .init("codice_fiscale", "rccmnl83s18d969h", "codice_fiscale:RCCMNL83S18D969H"),
        .init("codice_fiscale", "RCC MNL 83S18 D96VW", "codice_fiscale:RCCMNL83S18D96VW"),
        .init("partita_iva", "IT 00743110157", "partita_iva:00743110157"),
        .init("partita_iva", "007.431.101.57", "partita_iva:00743110157"),
        .init("domain", "WWW.Perch\u{E9}.IT", "domain:www.xn--perch-fsa.it"),
        .init("customer_number", "  AbC-007 ", "customer_number:crm/AbC-007", scope: " CRM "),
        .init(
            "forum_account", "Nicolo\u{300}", "forum_account:forum.example.it/Nicol\u{F2}", scope: "forum.example.it"),
        .init("chat_account", "\u{1F980} crab", "chat_account:telegram/\u{1F980} crab", scope: "telegram"),
        .init("cookie", "GA1.2.1234.5678", "cookie:shop/GA1.2.1234.5678", scope: "shop"),
        .init("card", "00042", "card:punti/00042", scope: "Punti"),
        .init("user_id", "\u{A0}u\u{308}ser\u{3000}", "user_id:shop/\u{FC}ser", scope: "shop"),
        .init(
            "device", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "device:app/6D92078A-8246-4BA4-AE5B-76104861E7DC",
            scope: "app"),
        .init("ticket_requester", "10", "ticket_requester:zammad/10", scope: "zammad"),
    ]

    @Test(arguments: spellings)
    func `each hard spelling has one canonical form, which comes out of itself again`(_ spelling: Spelling) throws {
        let normaliser = Normaliser()
        let found = try normaliser.identifier(kind: spelling.kind, scope: spelling.scope, value: spelling.written)
        #expect(found.description == spelling.canonical)
        #expect(Array(found.description.utf8) == Array(spelling.canonical.utf8), "the same bytes, not only equal text")
        let again = try normaliser.identifier(
            kind: found.kind.name, scope: found.scope.isEmpty ? nil : found.scope, value: found.value)
        #expect(again == found)
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let kind: String
        let scope: String?
        let written: String
        let reason: RefusalReason
        init(_ kind: String, _ written: String, _ reason: RefusalReason, scope: String? = nil) {
            self.kind = kind
            self.scope = scope
            self.written = written
            self.reason = reason
        }
        var testDescription: String { "\(kind) \(written)" }
    }

    static let wrong: [Wrong] = [
        .init("email", "mario", .identifierInvalid),
        .init("email", "Mario Rossi <mario@example.it>", .identifierInvalid),
        .init("email", "mario(comment)@example.it", .identifierInvalid),
        .init("email", "mario@example.it, anna@example.it", .identifierInvalid),
        .init("email", "mario@anna@example.it", .identifierInvalid),
        .init("email", "mario..rossi@example.it", .identifierInvalid),
        .init("email", ".mario@example.it", .identifierInvalid),
        .init("email", "@example.it", .identifierInvalid),
        .init("email", "mario@localhost", .identifierInvalid),
        .init("email", "mario@[192.0.2.1]", .identifierInvalid),
        .init("email", "mario@192.0.2.1", .identifierInvalid),
        .init("email", "mario@-example.it", .identifierInvalid),
        .init("email", "mario@exam%70le.it", .identifierInvalid),
        .init("email", "+shop@gmail.com", .identifierInvalid),
        .init("email", String(repeating: "a", count: 60) + "bcdef@example.it", .identifierInvalid),
        .init("email", "test@test.it", .identifierBlocked),
        .init("email", "asd@asd.com", .identifierBlocked),
        .init("email", "a@a.it", .identifierBlocked),
        .init("email", "null@example.it", .identifierBlocked),
        .init("email", "NoMail@example.it", .identifierBlocked),
        .init("email", "someone@nowhere.invalid", .identifierBlocked),
        .init("email", "reply+0a1b2c3d4e5f@example.it", .identifierBlocked),
        .init("email", "reply+abc@reply.github.com", .identifierBlocked),
        .init("email", "SRS0=x1=ab=example.it=mario@forwarder.example.it", .identifierBlocked),
        .init("phone", "800 123456", .identifierBlocked),
        .init("phone", "199 123456", .identifierBlocked),
        .init("phone", "112", .identifierBlocked),
        .init("phone", "3333333333", .identifierBlocked),
        .init("phone", "0000000000", .identifierBlocked),
        .init("phone", "1234567890", .identifierBlocked),
        .init("phone", "+39 000 000 0000", .identifierBlocked),
        .init("phone", "347 1234567 / 348 7654321", .identifierInvalid),
        .init("phone", "347 ABC 4567", .identifierInvalid),
        .init("phone", "2 12345678", .identifierInvalid),
        .init("phone", "+999 12345678", .identifierInvalid),
        .init("phone", "---", .identifierBlocked),
        .init("codice_fiscale", "RCCMNL83S18D969A", .identifierInvalid),
        .init("codice_fiscale", "RCCMNL83S99D969H", .identifierInvalid),
        .init("codice_fiscale", "00743110157", .identifierInvalid),
        .init("partita_iva", "00743110158", .identifierInvalid),
        .init("partita_iva", "00000000000", .identifierBlocked),
        .init("partita_iva", "12345678903", .identifierBlocked),
        .init("domain", "not a domain", .identifierInvalid),
        .init("customer_number", "undefined", .identifierBlocked, scope: "crm"),
        .init("customer_number", "Anonymous", .identifierBlocked, scope: "crm"),
        .init("customer_number", "0", .identifierBlocked, scope: "crm"),
        .init("customer_number", "-1", .identifierBlocked, scope: "crm"),
        .init("customer_number", "[object Object]", .identifierBlocked, scope: "crm"),
        .init("customer_number", "null", .identifierBlocked, scope: "crm"),
        .init("cookie", "00000000-0000-0000-0000-000000000000", .identifierBlocked, scope: "shop"),
        .init("customer_number", "", .identifierInvalid, scope: "crm"),
        .init("customer_number", "1042", .identifierInvalid),
        .init("customer_number", "1042", .identifierInvalid, scope: "the crm"),
        .init("customer_number", "10\u{7}42", .identifierInvalid, scope: "crm"),
        .init("customer_number", String(repeating: "9", count: 256), .identifierBlocked, scope: "crm"),
        .init("customer_number", String(repeating: "98", count: 128), .identifierInvalid, scope: "crm"),
        .init("email", "mario@example.it", .identifierInvalid, scope: "crm"),
        .init("customer_number", "10\u{FFFD}42", .identifierInvalid, scope: "crm"),
        .init("passport", "YA1234567", .identifierInvalid),
    ]

    @Test(arguments: wrong)
    func `what is no identifier is refused with its reason and without its value`(_ wrong: Wrong) {
        do throws(Refusal) {
            let found = try Normaliser().identifier(kind: wrong.kind, scope: wrong.scope, value: wrong.written)
            Issue.record("\(found) was taken")
        } catch {
            #expect(error.reason == wrong.reason, "\(error.detail)")
            #expect(wrong.written.count < 6 || !error.detail.contains(wrong.written))
        }
    }

    @Test func `two codes of one omocodia stay two people`() throws {
        let normaliser = Normaliser()
        let base = try normaliser.identifier(kind: "codice_fiscale", scope: nil, value: "RCCMNL83S18D969H")
        let other = try normaliser.identifier(kind: "codice_fiscale", scope: nil, value: "RCCMNL83S18D96VW")
        #expect(base != other)
    }

    @Test func `role addresses are told from people's`() throws {
        let normaliser = Normaliser()
        for local in [
            "info", "NoReply", "no-reply", "noreply-it", "segreteria", "ordini", "postmaster", "info+shop", "info2",
            "info.roma",
        ] {
            let address = try normaliser.identifier(kind: "email", scope: nil, value: "\(local)@example.it")
            #expect(normaliser.isRole(address), "\(local)")
        }
        for local in ["mario.rossi", "infante", "ordinario", "anna+info"] {
            let address = try normaliser.identifier(kind: "email", scope: nil, value: "\(local)@example.it")
            #expect(!normaliser.isRole(address), "\(local)")
        }
    }

    @Test func `numbers are read the same on many threads at once`() async {
        await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask { @concurrent in
                    (0..<100).count { number in
                        let digits = String(1_000_000 + (task * 100 + number) * 7_919 % 8_999_999)
                        let found = try? Normaliser().identifier(kind: "phone", scope: nil, value: "347 \(digits)")
                        // Some of them are blocked as made up; those are nil on every thread alike.
                        return found.map { $0.value == "+39347\(digits)" } ?? (digits == "1000000")
                    }
                }
            }
            for await read in group { #expect(read == 100) }
        }
    }

    @Test func `a number without a country is dialled where the source is`() throws {
        let found = try Normaliser(region: "FR").identifier(kind: "phone", scope: nil, value: "06 12 34 56 78")
        #expect(found.description == "phone:+33612345678")
    }
}
