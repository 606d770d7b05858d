internal import Contact
internal import Postgres
internal import Resolution

/// A profile's folded traits as `profile.traits` holds them: each winner with where it comes from.
///
/// `{"plan":{"value":"pro","at":1761861600000000,"source":3,"precedence":0,"assurance":3,"facet":"…","hash":"…"}}`,
/// `at` in microseconds since 1970, `hash` the SHA-256 of the value's canonical JSON in hexadecimal.
enum StoredTraits {
    static func write(_ traits: Traits) -> [UInt8] {
        JSONWriter.object(
            traits.winners.sorted { $0.key < $1.key }.map { trait, winner in
                (
                    trait,
                    JSONWriter.object([
                        ("value", winner.value),
                        ("at", JSONWriter.number(winner.occurredAt)),
                        ("source", JSONWriter.number(winner.source)),
                        ("precedence", JSONWriter.number(Int64(winner.precedence))),
                        ("assurance", JSONWriter.number(Int64(winner.assurance.rawValue))),
                        ("facet", JSONWriter.string(winner.facet.description)),
                        ("hash", JSONWriter.string(Hexadecimal.text(winner.hash))),
                    ])
                )
            })
    }

    static func read(_ json: [UInt8]) throws(DatabaseError) -> Traits {
        guard json != Array("{}".utf8) else { return Traits() }
        let members: [(key: String, value: JSONValue)]
        do throws(Refusal) { members = try JSONValue(json).members ?? [] } catch {
            throw DatabaseError(.usage, "profile.traits does not hold JSON: \(error.detail)")
        }
        var winners: [String: Observation] = [:]
        for (trait, value) in members {
            guard let observation = observation(value) else {
                throw DatabaseError(.usage, "profile.traits holds a trait without its provenance: \(trait)")
            }
            winners[trait] = observation
        }
        return Traits(winners)
    }

    private static func observation(_ stored: JSONValue) -> Observation? {
        guard let value = stored["value"], let at = stored["at"]?.integer, let source = stored["source"]?.integer,
            let precedence = stored["precedence"]?.integer.flatMap({ Int16(exactly: $0) }),
            let assurance = stored["assurance"]?.integer.flatMap({ UInt8(exactly: $0) })
                .flatMap(Assurance.init(rawValue:)),
            let facet = stored["facet"]?.string.flatMap({ HubID($0) }),
            let hash = stored["hash"]?.string.flatMap(Hexadecimal.bytes)
        else { return nil }
        return Observation(
            assurance: assurance, precedence: precedence, occurredAt: at, hash: hash, facet: facet, source: source,
            value: value.canonical)
    }
}
