import Contact
import ContactTesting
import Storage
import Testing

/// What customers agree to, what is remembered for them and how they want to be met, over HTTP.
@Suite struct RecordPageTests {
    /// Stores an interaction and returns it with the profile it hangs on.
    private func store(
        _ hub: LiveHub, _ key: String, _ id: String, _ emails: String...
    ) async throws -> (interaction: String, profile: String) {
        let identifiers = emails.map { #"{"kind":"email","value":"\#($0)"}"# }.joined(separator: ",")
        let reply = try await hub.post(#"{"id":"\#(id)","identifiers":[\#(identifiers)]}"#, key: key)
        let item = try #require(reply.json?["items"]?.elements?.first, "\(reply)")
        return (try #require(item["interaction"]?.string), try #require(item["profile"]?.string))
    }

    private func send(_ hub: LiveHub, _ key: String, _ path: String, _ body: String) async throws -> Reply {
        try await hub.ask("POST", path, key: key, Array(body.utf8))
    }

    @Test func `a consent is recorded, shown, told in the feed, and withdrawn`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let (agent, reader) = (try await hub.key(.agent), try await hub.key(.reader))
            let subscriber = try await hub.key(.subscriber)
            let a = try await store(hub, shop, "1", "a@example.it")
            let path = "/v1/profiles/\(a.profile)/consents"
            let cursor = try await hub.get("/v1/changes?after=now", key: subscriber).json?["end"]?.string ?? ""

            let grant = """
                {"purpose":"marketing","channel":"email","state":"granted","basis":"consent","text_version":"2026-05",\
                "at":"2026-05-04T10:00:00Z","proof":"form 12"}
                """
            let made = try await send(hub, shop, path, grant)
            #expect(made.status == 200 && made.json?["known"]?.bool == false, "\(made)")
            #expect(made.json?["profile"]?.string == a.profile && made.json?["standing"]?["state"]?.string == "granted")
            let again = try await send(hub, shop, path, grant)
            #expect(again.json?["known"]?.bool == true)
            #expect(again.json?["consent"]?.string == made.json?["consent"]?.string)

            let shown = try await hub.get("/v1/profiles/\(a.profile)", key: reader)
            let standing = try #require(shown.json?["consent"]?.elements?.first, "\(shown)")
            #expect(standing["purpose"]?.string == "marketing" && standing["channel"]?.string == "email")
            #expect(standing["state"]?.string == "granted")
            #expect(standing["since"]?.string == "2026-05-04T10:00:00.000000Z")
            #expect(standing["basis"]?.string == "consent" && standing["source"]?.string == "shop")
            #expect(standing["facet"]?.string == made.json?["facet"]?.string)

            let withdrawn = try await send(hub, agent, path, #"{"purpose":"marketing","state":"withdrawn"}"#)
            #expect(withdrawn.json?["standing"]?["channel"]?.string == "all", "\(withdrawn)")
            let history = try await hub.get(path + "?limit=1", key: reader)
            #expect(history.json?["consents"]?.elements?.first?["state"]?.string == "withdrawn", "\(history)")
            let who = history.json?["consents"]?.elements?.first?["who"]?.string
            #expect(who?.wholeMatch(of: /key [0-9]+ \(agent\)/) != nil, "\(history)")
            #expect(history.json?["standing"]?.elements?.count == 2, "\(history)")
            let next = try #require(history.json?["next"]?.string)
            let rest = try await hub.get(path + "?after=\(next)", key: reader)
            #expect(rest.json?["consents"]?.elements?.first?["proof"]?.string == "form 12", "\(rest)")
            #expect(rest.json?["next"]?.isNull == true)
            #expect(try await hub.get(path + "?after=x", key: reader).problem == "cursor_invalid")

            let feed = try await hub.get("/v1/changes?types=consent.*&after=\(cursor)", key: subscriber)
            let events = try #require(feed.json?["changes"]?.elements, "\(feed)")
            #expect(events.map { $0["type"]?.string } == ["consent.granted", "consent.denied"])
            #expect(events.allSatisfy { $0["subject"]?.string == a.profile && $0["data"]?["version"] == nil })
            #expect(events[0]["data"]?["consent"]?.string == made.json?["consent"]?.string)
            #expect(events[1]["data"]?["state"]?.string == "withdrawn")
            #expect(events[1]["data"]?["channel"]?.string == "all")
            let full = try await hub.get("/v1/changes?types=consent.*&payload=full&after=\(cursor)", key: subscriber)
            let data = full.json?["changes"]?.elements?.first?["data"]
            #expect(data?["snapshot"]?["id"]?.string == a.profile, "\(full)")
        }
    }

    @Test func `a connector records for what its own source has shown, and says what is wrong otherwise`() async throws
    {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let desk = try await hub.key(.connector, source: "desk")
            let agent = try await hub.key(.agent)
            let a = try await store(hub, shop, "1", "a@example.it")
            let b = try await store(hub, desk, "2", "b@example.it")
            let path = "/v1/profiles/\(a.profile)/consents"
            let deny = #"{"purpose":"profiling","state":"denied"}"#
            #expect(try await send(hub, desk, path, deny).problem == "forbidden")
            let own = #"{"purpose":"profiling","state":"denied","interaction":"\#(a.interaction)"}"#
            #expect(try await send(hub, desk, path, own).problem == "forbidden")
            #expect(try await send(hub, shop, path, own).status == 200)
            let cases: [(String, Int, String)] = [
                ("{}", 400, "body_invalid"), (#"{"purpose":"fun","state":"denied"}"#, 400, "body_invalid"),
                (#"{"purpose":"marketing","state":"maybe"}"#, 400, "body_invalid"),
                (#"{"purpose":"marketing","state":"granted"}"#, 400, "body_invalid"),
                (#"{"purpose":"marketing","state":"granted","basis":"habit"}"#, 400, "body_invalid"),
                (#"{"purpose":"marketing","state":"denied","at":"yesterday"}"#, 400, "body_invalid"),
                (#"{"purpose":"marketing","state":"denied","at":"2099-01-01T00:00:00Z"}"#, 400, "body_invalid"),
                (#"{"purpose":"marketing","state":"denied","channel":"E-mail"}"#, 400, "body_invalid"),
                (#"{"purpose":"marketing","state":"denied","colour":1}"#, 400, "unknown_field"),
                (#"{"purpose":"marketing","state":"denied","interaction":"\#(b.interaction)"}"#, 404, "id_unknown"),
                (
                    #"{"purpose":"marketing","state":"denied","identifier":{"kind":"email","value":"b@example.it"}}"#,
                    404, "id_unknown"
                ),
            ]
            for (body, status, problem) in cases {
                let reply = try await send(hub, agent, path, body)
                #expect(reply.status == status && reply.problem == problem, "\(body): \(reply)")
            }
            #expect(try await send(hub, agent, "/v1/profiles/x/consents", deny).problem == "id_invalid")
            let nobody = try await send(hub, agent, "/v1/profiles/\(HubID.random())/consents", deny)
            #expect(nobody.problem == "id_unknown", "\(nobody)")
            let unknown = try await hub.get("/v1/profiles/\(HubID.random())/consents", key: agent)
            #expect(unknown.problem == "profile_unknown", "\(unknown)")
            let admin = try await hub.key(.admin)
            _ = try await send(hub, admin, "/v1/erasures", #"{"ids":["\#(a.profile)"]}"#)
            #expect(try await send(hub, agent, path, deny).problem == "profile_gone")
            #expect(try await hub.get(path, key: agent).problem == "profile_gone")
        }
    }

    @Test func `a memory is written down, asked about where it must be, listed and closed`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let agent = try await hub.key(.agent)
            let a = try await store(hub, shop, "1", "a@example.it")
            let path = "/v1/profiles/\(a.profile)/memories"
            let promise = """
                {"kind":"promised","text":"call her about the oven","by":"2026-12-01T18:00:00+01:00","heard_by":"Lucia",\
                "interaction":"\(a.interaction)"}
                """
            let made = try await send(hub, agent, path, promise)
            #expect(made.status == 200 && made.json?["warnings"]?.elements?.isEmpty == true, "\(made)")
            let memory = try #require(made.json?["memory"])
            #expect(memory["by"]?.string == "2026-12-01T17:00:00.000000Z" && memory["heard_by"]?.string == "Lucia")
            #expect(memory["interaction"]?.string == a.interaction && memory["closed"]?.isNull == true)
            #expect(try await send(hub, agent, path, promise).json?["known"]?.bool == true)

            let warned = try await send(hub, agent, path, #"{"kind":"prefers","text":"è diabetica, niente dolci"}"#)
            #expect(warned.status == 422 && warned.problem == "words_delicate", "\(warned)")
            let finding = try #require(warned.json?["warnings"]?.elements?.first)
            #expect(finding["topic"]?.string == "health" && finding["word"]?.string == "diabetica")
            #expect(warned.json?["what_to_do"]?.string?.contains("confirmed") == true)
            #expect(warned.json?["detail"]?.string?.contains("diabetica") == false)
            let confirmed = try await send(
                hub, agent, path, #"{"kind":"prefers","text":"è diabetica, niente dolci","confirmed":true}"#)
            #expect(confirmed.status == 200 && confirmed.json?["warnings"]?.elements?.count == 1, "\(confirmed)")
            #expect(confirmed.json?["memory"]?["confirmed"]?.bool == true)

            let shown = try await hub.get("/v1/profiles/\(a.profile)", key: agent)
            #expect(shown.json?["memories"]?["open"]?.integer == 2, "\(shown)")
            #expect(shown.json?["memories"]?["promises"]?.elements?.first?["text"]?.string == "call her about the oven")
            let listed = try await hub.get(path + "?limit=1", key: agent)
            #expect(listed.json?["memories"]?.elements?.first?["kind"]?.string == "promised", "\(listed)")
            let next = try #require(listed.json?["next"]?.string)
            let rest = try await hub.get(path + "?after=\(next)", key: agent)
            #expect(rest.json?["memories"]?.elements?.map { $0["kind"]?.string } == ["prefers"], "\(rest)")
            for after in ["x", "9" + next.dropFirst(), ""] {
                #expect(try await hub.get(path + "?after=\(after)", key: agent).problem == "cursor_invalid")
            }

            let closing = "/v1/memories/\(memory["id"]?.string ?? "")/close"
            #expect(try await send(hub, agent, closing, #"{"as":"kept"}"#).problem == "body_invalid")
            #expect(try await send(hub, agent, closing, #"{"as":"done","why":"x"}"#).problem == "body_invalid")
            let closed = try await send(hub, agent, closing, #"{"as":"kept","why":"called on Monday"}"#)
            #expect(closed.json?["memory"]?["closed"]?["as"]?.string == "kept", "\(closed)")
            #expect(try await send(hub, agent, closing, #"{"as":"kept","why":"x"}"#).json?["known"]?.bool == true)
            #expect(try await send(hub, agent, closing, #"{"as":"outdated","why":"x"}"#).problem == "record_conflict")
            for (id, problem) in [("x", "id_invalid"), ("\(HubID.random())", "id_unknown")] {
                let reply = try await send(hub, agent, "/v1/memories/\(id)/close", #"{"as":"done","why":"x"}"#)
                #expect(reply.problem == problem, "\(reply)")
            }
            let cases = [
                #"{"kind":"prefers"}"#, #"{"kind":"said","text":"x"}"#, #"{"kind":"promised","text":"x"}"#,
                #"{"kind":"prefers","text":"x","by":"2026-12-01T18:00:00Z"}"#, #"{"kind":"prefers","text":" "}"#,
                #"{"kind":"prefers","text":"x","supersedes":"x"}"#,
            ]
            for body in cases {
                let reply = try await send(hub, agent, path, body)
                #expect(reply.status == 400 && reply.problem == "body_invalid", "\(body): \(reply)")
            }
        }
    }

    @Test func `an agent's word on tone, language and channel goes before what a source says`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let agent = try await hub.key(.agent)
            let a = try await store(hub, shop, "1", "a@example.it")
            let path = "/v1/profiles/\(a.profile)/preferences"
            let made = try await send(hub, agent, path, #"{"tone":"lei","language":"it"}"#)
            #expect(made.status == 200 && made.json?["profile"]?.string == a.profile, "\(made)")
            _ = try await hub.post(
                #"{"id":"2","identifiers":[{"kind":"email","value":"a@example.it"}],"traits":{"tone":"tu","language":"en"}}"#,
                key: shop)
            let shown = try await hub.get("/v1/profiles/\(a.profile)", key: agent)
            #expect(shown.json?["traits"]?["tone"]?.string == "lei", "\(shown)")
            #expect(shown.json?["traits"]?["language"]?.string == "it")
            let word = shown.json?["observations"]?.elements?.first {
                $0["trait"]?.string == "tone" && $0["winner"]?.bool == true
            }
            #expect(word?["source"]?.string?.wholeMatch(of: /agent: key [0-9]+ \(agent\)/) != nil, "\(shown)")
            for body in ["{}", #"{"tone":"voi"}"#, #"{"language":"Italian"}"#, #"{"channel":"E-mail"}"#] {
                let reply = try await send(hub, agent, path, body)
                #expect(reply.status == 400 && reply.problem == "body_invalid", "\(body): \(reply)")
            }
        }
    }
}
