import Contact
import ContactTesting
import Storage
import Testing

/// Interactions by themselves, their originals, and who belongs to an organisation.
@Suite struct InteractionPageTests {
    private func item(_ hub: LiveHub, _ key: String, _ body: String) async throws -> (id: String, profile: String) {
        let reply = try await hub.post(body, key: key)
        let item = try #require(reply.json?["items"]?.elements?.first, "\(reply)")
        return (try #require(item["interaction"]?.string), try #require(item["profile"]?.string))
    }

    @Test func `an interaction is shown with what was written apart from what it quotes`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let reader = try await hub.key(.reader)
            let text = #""message":{"subject":"Re: ordine","text":"Sì, grazie\n> Va bene?\n"}"#
            let one = try await item(
                hub, shop,
                line("1", more: #",\#(text),"detail":{"quoted_at":12,"attachments":[{"name":"a.pdf"}]}"#)
            )
            let reply = try await hub.get("/v1/interactions/\(one.id)", key: reader)
            let message = try #require(reply.json?["message"], "\(reply)")
            #expect(reply.json?["profile"]?.string == one.profile)
            #expect(reply.json?["interaction"]?["interaction"]?.string == one.id, "\(reply)")
            #expect(
                message["written"]?.string == "Sì, grazie\n" && message["quoted"]?.string == "> Va bene?\n", "\(reply)")
            #expect(message["text"]?.string == "Sì, grazie\n> Va bene?\n" && message["subject"]?.string == "Re: ordine")
            #expect(message["attachments"]?.elements?.first?["name"]?.string == "a.pdf")
            #expect(message["original_bytes"]?.isNull == true)
            let silent = try await item(
                hub, shop, #"{"id":"2","identifiers":[{"kind":"email","value":"a@example.it"}]}"#)
            #expect(try await hub.get("/v1/interactions/\(silent.id)", key: reader).json?["message"]?.isNull == true)
            let lost = try await hub.get("/v1/interactions/\(one.profile)", key: reader)
            #expect(lost.status == 404 && lost.problem == "id_unknown", "\(lost)")
            let supervisor = try await hub.key(.supervisor)
            let none = try await hub.get("/v1/interactions/\(silent.id)/original", key: supervisor)
            #expect(none.status == 404 && none.problem == "original_unknown", "\(none)")
        }
    }

    @Test func `the original is given as it came, for saving, and is gone with its customer`() async throws {
        try await LiveHub.with { hub in
            let bytes = Array("From: a@example.it\r\n\r\n<script>\u{0}".utf8) + [0xFF, 0xFE]
            try await hub.make("shop")
            let sent = Array(line("1", more: #","channel":"email","source":"shop","message":{"text":"x"}"#).utf8)
            var reader = InteractionReader(InteractionReader.Settings())
            var read = try reader.read(sent, arrival: TestDatabase.now).get()
            read.message?.original = bytes
            let receipt = try await hub.workspace.ledger().accept(
                Batch([IntakeItem(.success(read), raw: RawInput(sent))], source: nil, cursor: nil))
            guard case .accepted(let id, let profile?)? = receipt.outcomes.first else {
                Issue.record("\(receipt)")
                return
            }
            let (supervisor, agent) = (try await hub.key(.supervisor), try await hub.key(.agent))
            let path = "/v1/interactions/\(id)/original"
            let reply = try await hub.get(path, key: supervisor)
            #expect(reply.status == 200 && reply.body == bytes, "\(reply)")
            #expect(reply.fields["content-type"] == "message/rfc822", "\(reply)")
            #expect(reply.fields["content-disposition"] == "attachment; filename=\"\(id).eml\"", "\(reply)")
            #expect(reply.fields["x-content-type-options"] == "nosniff", "\(reply)")
            #expect(try await hub.get(path, key: agent).status == 403)
            let whole = try await hub.get("/v1/interactions/\(id)", key: agent)
            #expect(whole.json?["message"]?["original_bytes"]?.integer == Int64(bytes.count), "\(whole)")

            _ = try await hub.workspace.ledger().erase([profile])
            for path in [path, "/v1/interactions/\(id)"] {
                let gone = try await hub.get(path, key: supervisor)
                #expect(gone.status == 404 && gone.problem == "id_unknown", "\(gone)")
            }
        }
    }

    @Test func `an organisation lists its people, and they name it`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let reader = try await hub.key(.reader)
            let number = #"{"kind":"partita_iva","value":"01114601006"}"#
            let firm = try await item(
                hub, shop, #"{"id":"firm","identifiers":[\#(number),{"kind":"domain","value":"acme.example"}]}"#)
            var people: Set<String> = []
            for place in 0..<5 {
                let shown = place == 4 ? #"{"kind":"domain","value":"acme.example"}"# : number
                let one = try await item(
                    hub, shop,
                    #"{"id":"p\#(place)","occurred_at":"2026-0\#(place + 1)-01T10:00:00Z","identifiers":[\#(shown),{"kind":"email","value":"p\#(place)@example.it"}],"attributes":{"name":"Persona \#(place)","company":"Acme"},"traits":{"role":"buyer \#(place)"}}"#
                )
                people.insert(one.profile)
                let profile = try await hub.get("/v1/profiles/\(one.profile)", key: reader)
                let all = try #require(profile.json?["organisations"]?.elements, "\(profile)")
                #expect(all.count == 1)
                #expect(all.first?["organisation"]?.string == firm.profile && all.first?["name"]?.string == "acme")
                #expect(all.first?["role"]?.string == "buyer \(place)", "\(profile)")
                #expect(all.first?["since"]?.string == "2026-0\(place + 1)-01T10:00:00.000000Z", "\(profile)")
                #expect(all.first?["source"]?.string == "shop", "\(profile)")
            }
            var listed: [String] = []
            var after = ""
            repeat {
                let page = try await hub.get("/v1/profiles/\(firm.profile)/people?limit=2\(after)", key: reader)
                for one in try #require(page.json?["people"]?.elements, "\(page)") {
                    listed.append(try #require(one["profile"]?.string))
                    #expect(one["name"]?.string?.hasPrefix("persona ") == true, "\(page)")
                    #expect(one["role"]?.string?.hasPrefix("buyer ") == true && one["source"]?.string == "shop")
                }
                after = page.json?["next"]?.string.map { "&after=\($0)" } ?? ""
            } while !after.isEmpty
            #expect(listed.count == 5 && Set(listed) == people)
            let none = try await hub.get("/v1/profiles/\(listed[0])/people", key: reader)
            #expect(none.json?["people"]?.elements?.isEmpty == true, "\(none)")
        }
    }
}
