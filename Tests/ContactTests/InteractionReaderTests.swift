import Testing

@testable import Contact

@Suite struct InteractionReaderTests {
    static let arrival: Int64 = 1_795_300_000_000_000

    static let full = #"""
        {"v":1,"id":"ord-881","source":"shop","channel":"store","kind":"order.placed","direction":"in","occurred_at":"2026-11-21T20:52:07.343+01:00","customer":"","identifiers":[{"kind":"email","value":"Cliente@Example.it","assurance":"verified"},{"kind":"phone","value":"347 1234567"}],"attributes":{"name":"Dott. Nicolò Rossi","birth_date":"1980-02-01","address":{"street":"Via Roma 1","city":"Forlì","postcode":"00100","country":"IT"},"company":"ACME  s.r.l."},"traits":{"plan":{"b":1,"a":[1, 2]},"language":"it","gone":null},"thread":"ord-881","message":{"id":"m1","subject":"Ordine","text":"Grazie"},"amount":{"minor":1250,"currency":"EUR"},"place":"Bologna","touch":{"kind":"code","value":"AUTUNNO"},"corrects":null,"detail":{"rows": [1,2]},"truth":{"person":"p17"},"x_note":"ignored"}
        """#

    func read(_ line: String, _ settings: InteractionReader.Settings = .init()) -> Result<Interaction, Refusal> {
        var reader = InteractionReader(settings)
        return reader.read(Array(line.utf8), arrival: Self.arrival)
    }

    @Test func `everything an interaction says is read`() throws {
        let found = try read(Self.full).get()
        #expect(found.source == "shop" && found.channel == "store" && found.kind == "order.placed")
        #expect(found.id == "ord-881" && found.customer.isEmpty && found.direction == .inbound)
        #expect(found.occurredAt == 1_795_290_727_343_000)
        #expect(
            found.facet.identifiers.map { "\($0.identifier) \($0.assurance.name)" }
                == ["phone:+393471234567 presented", "email:cliente@example.it verified"])
        #expect(
            found.facet.attributes.map { "\($0.name)=\($0.value)" } == [
                "name=nicolo rossi", "company=acme s.r.l.", "birth_date=1980-02-01", "address.city=forli",
                "address.street=via roma 1", "address.country=it", "address.postcode=00100",
            ])
        #expect(found.facet.period?.description == "2026H2")
        #expect(
            found.traits.map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
                == [#"language="it""#, #"plan={"a":[1,2],"b":1}"#])
        #expect(found.thread == "ord-881")
        #expect(found.message?.id == "m1" && found.message?.subject == "Ordine" && found.message?.text == "Grazie")
        #expect(found.amount == Interaction.Money(minor: 1250, currency: "EUR"))
        let body = String(decoding: found.body, as: UTF8.self)
        #expect(body.contains(#""detail":{"rows": [1,2]}"#) && body.contains(#""name":"Dott. Nicolò Rossi""#))
        #expect(!body.contains("truth") && !body.contains("x_note") && !body.contains("corrects"))
        #expect(
            try JSONValue(found.body).members?.map(\.key) == [
                "kind", "id", "customer", "thread", "occurred_at", "attributes", "detail", "place", "touch",
            ])
    }

    @Test func `the least an interaction says is enough`() throws {
        let found = try read(#"{"id":"1","identifiers":[{"kind":"email","value":"a.b@example.it"}]}"#).get()
        #expect(found.kind == "interaction" && found.channel.isEmpty && found.source.isEmpty)
        #expect(found.occurredAt == Self.arrival && found.message == nil && found.thread == nil)
        #expect(String(decoding: found.body, as: UTF8.self) == #"{"kind":"interaction","id":"1"}"#)
    }

    static func line(_ more: String, identifiers: String = #"[{"kind":"email","value":"a.b@example.it"}]"#) -> String {
        #"{"id":"1","identifiers":\#(identifiers)\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    static let refused: [(String, RefusalReason)] = [
        ("{", .malformedJSON), ("[]", .malformedJSON), (#"{"id":1,"identifiers":[]}"#, .malformedJSON),
        (#"{"id":"","identifiers":[]}"#, .malformedJSON), (line(#""v":2"#), .malformedJSON),
        (line(#""direction":"up""#), .malformedJSON), (line(#""kind":"Order Placed""#), .malformedJSON),
        (line(#""amount":{"minor":12.5,"currency":"EUR"}"#), .malformedJSON),
        (line(#""amount":{"minor":12,"currency":"eur"}"#), .malformedJSON),
        (line(#""attributes":{"birth_date":"1980-02-30"}"#), .malformedJSON),
        (line(#""traits":{"a b":1}"#), .malformedJSON), (line(#""detail":[]"#), .malformedJSON),
        (line(#""colour":1"#), .unknownField), (line(#""attributes":{"nick":"x"}"#), .unknownField),
        (line("", identifiers: #"[{"kind":"email","value":"a@b.it","x_a":1}]"#), .unknownField),
        (line(#""attributes":{"address":{"zip":"1"}}"#), .unknownField),
        (line(#""message":{"body":"x"}"#), .unknownField), (line(#""touch":{"id":"x"}"#), .unknownField),
        (line(#""amount":{"minor":1,"currency":"EUR","tax":1}"#), .unknownField),
        (line(#""detail":{"a":"\#(String(repeating: "x", count: 1_048_576))"}"#), .tooLarge),
        (line(#""thread":"\#(String(repeating: "x", count: 513))""#), .tooLarge),
        (line(#""traits":{"a":"\#(String(repeating: "x", count: 4_100))"}"#), .tooLarge),
        (
            line(#""detail":{"a":\#(String(repeating: "[", count: 40))\#(String(repeating: "]", count: 40))}"#),
            .tooDeep
        ),
        (#"{"id":"\ud800","identifiers":[{"kind":"email","value":"a.b@example.it"}]}"#, .notUTF8),
        (line("", identifiers: #"[{"kind":"card","scope":"p","value":"4\udfff2"}]"#), .notUTF8),
        (line("", identifiers: #"[{"kind":"card","scope":"p","value":"4\u00002"}]"#), .identifierInvalid),
        (line(#""customer":"\u0000""#), .identifierInvalid),
        (#"{"id":"1"}"#, .noIdentifier), (line("", identifiers: "[]"), .noIdentifier),
        (line("", identifiers: "null"), .noIdentifier),
        (line("", identifiers: #"[{"kind":"email","value":"a.b"}]"#), .identifierInvalid),
        (line("", identifiers: #"[{"kind":"email"}]"#), .identifierInvalid),
        (line("", identifiers: #"[{"kind":"mail","value":"a.b@example.it"}]"#), .identifierInvalid),
        (line("", identifiers: #"[{"kind":"email","value":"null"}]"#), .identifierBlocked),
        (line(#""occurred_at":"2026-11-21T20:52:07""#), .timeImpossible),
        (line(#""occurred_at":"1969-12-31T23:59:59Z""#), .timeImpossible),
        (line(#""occurred_at":"2027-01-01T00:00:00Z""#), .timeImpossible),
        (line(#""occurred_at":1795290727"#), .timeImpossible),
        (line(#""occurred_at":"2001-01-01T00:00:00Z""#), .expired),
        (line(#""message":"hello""#), .unparsableMessage), (line(#""message":{"text":1}"#), .unparsableMessage),
        (
            line("", identifiers: #"[{"kind":"email","value":"a.b@example.it","assurance":"verified"}]"#),
            .assuranceTooHigh
        ),
    ]

    @Test(arguments: refused)
    func `each refusal has its reason`(_ line: String, _ reason: RefusalReason) {
        let settings = InteractionReader.Settings(mostAssured: .presented, oldest: 1_000_000_000_000_000)
        switch read(line, settings) {
        case .success: Issue.record("it was taken: \(line.prefix(100))")
        case .failure(let refusal): #expect(refusal.reason == reason, "\(refusal.detail)")
        }
    }

    @Test func `every reason that a line can have is reached`() {
        let reached = Set(Self.refused.map(\.1))
        #expect(Set(RefusalReason.allCases).subtracting(reached) == [.sourceUnknown])
    }

    @Test func `an unknown field is named, but not if its name may be personal`() {
        guard case .failure(let plain) = read(Self.line(#""colour":1"#)),
            case .failure(let personal) = read(Self.line(#""mario@example.it":1"#))
        else {
            Issue.record("unknown fields were taken")
            return
        }
        #expect(plain.detail.contains("colour") && !personal.detail.contains("mario"))
    }

    @Test func `a placeholder beside an identifier is left out and flagged, again when remembered`() throws {
        var reader = InteractionReader(.init())
        let identifiers =
            #"[{"kind":"customer_number","scope":"crm","value":"0"},{"kind":"email","value":"a.b@example.it"}]"#
        for _ in 0..<2 {
            let found = try reader.read(Array(Self.line("", identifiers: identifiers).utf8), arrival: Self.arrival)
                .get()
            #expect(found.facet.identifiers.map(\.identifier.description) == ["email:a.b@example.it"])
            #expect(try JSONValue(found.body)["flags"]?.elements?.map(\.string) == ["identifier_blocked"])
        }
    }

    @Test func `what is said beside is repaired and flagged`() throws {
        let found = try read(
            Self.line(
                #""detail":{"a":"x\u0000y","b":"\ud800"},"message":{"text":"\u0000"},"attributes":{"birth_date":"1900-01-01"}"#
            )
        ).get()
        let body = try JSONValue(found.body)
        #expect(body.marks.isDisjoint(with: .dirty))
        #expect(
            body["flags"]?.elements?.map(\.string) == ["birth_date_placeholder", "utf8_repaired", "nul_replaced"])
        #expect(body["detail"]?["a"]?.string == "x\u{FFFD}y" && found.message?.text == "\u{FFFD}")
        #expect(found.facet.attributes.isEmpty)
        var raw = Array(Self.line(#""place":"a?b""#).utf8)
        for place in raw.indices where raw[place] == UInt8(ascii: "?") { raw[place] = 0xFF }
        var reader = InteractionReader(.init())
        #expect(
            String(decoding: try reader.read(raw, arrival: 0).get().body, as: UTF8.self)
                == "{\"kind\":\"interaction\",\"id\":\"1\",\"place\":\"a\u{FFFD}b\",\"flags\":[\"utf8_repaired\"]}")
    }

    @Test func `assurance is capped, by kind where a kind has its own ceiling`() throws {
        let settings = InteractionReader.Settings(mostAssured: .claimed, ceilings: [.cookie: .presented])
        let identifiers = #"[{"kind":"email","value":"a.b@example.it"},{"kind":"cookie","scope":"shop","value":"c1"}]"#
        let found = try read(Self.line("", identifiers: identifiers), settings).get()
        #expect(found.facet.identifiers.map(\.assurance) == [.claimed, .presented])
    }

    @Test func `an equal facet is one object, one for each period if it changes hands`() throws {
        var reader = InteractionReader(.init())
        func facet(_ identifiers: String, _ time: String) throws -> FacetContent {
            let line = Self.line(#""occurred_at":"\#(time)""#, identifiers: identifiers)
            return try reader.read(Array(line.utf8), arrival: Self.arrival).get().facet
        }
        let email = #"[{"kind":"email","value":"a.b@example.it"}]"#
        #expect(try facet(email, "2026-01-01T00:00:00Z") === facet(email, "2026-08-01T00:00:00Z"))
        let phone = #"[{"kind":"phone","value":"347 1234567"}]"#
        let first = try facet(phone, "2026-01-01T00:00:00Z")
        let second = try facet(phone, "2026-08-01T00:00:00Z")
        #expect(first !== second && first.period?.description == "2026H1" && second.period?.description == "2026H2")
        #expect(try facet(phone, "2026-03-01T00:00:00Z") === first)
        #expect(try facet(phone, "2026-09-01T00:00:00Z") === second)
    }

    @Test func `attributes and identifiers of different inputs are never taken for one another`() throws {
        var reader = InteractionReader(.init(remembered: 3))
        for number in 0..<50 {
            let line = Self.line(
                #""attributes":{"name":"n\#(number % 7)"}"#,
                identifiers: #"[{"kind":"user_id","scope":"s","value":"u\#(number % 5)"}]"#)
            let facet = try reader.read(Array(line.utf8), arrival: Self.arrival).get().facet
            #expect(facet.identifiers.first?.identifier.value == "u\(number % 5)")
            #expect(facet.attributes.first?.value == "n\(number % 7)")
        }
    }
}
