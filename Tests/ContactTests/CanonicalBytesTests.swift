import Testing

@testable import Contact

/// The ids of stored data were made from these bytes: a test here that fails means a new version, never a new
/// expectation. Every id was computed a second time by another program (Python's hmac).
@Suite struct CanonicalBytesTests {
    let key = ContentKey(Array(0..<32))
    let mario = Identifier(kind: .email, scope: "", canonical: "mario.rossi@example.it")
    let mobile = Identifier(kind: .phone, scope: "", canonical: "+393471234567")
    let facet = FacetContent(
        canonical: [
            ShownIdentifier(Identifier(kind: .phone, scope: "", canonical: "+393471234567"), .presented),
            ShownIdentifier(Identifier(kind: .email, scope: "", canonical: "mario.rossi@example.it"), .verified),
        ],
        attributes: [FacetContent.Attribute(name: "name", value: "mario rossi")], period: Period(number: 4053))

    @Test func `ids never change`() {
        #expect(key.identifier(mario).description == "0798c7bd-c30e-88a2-8c9e-3b51a61772dc")
        #expect(
            key.identifier(Identifier(kind: .card, scope: "punti", canonical: "0042")).description
                == "5a21c7ba-fd78-8d5c-aeb5-40ab180bb2db")
        #expect(key.facet(facet).description == "1bff40d6-b5ec-8ecf-841e-e378916105f4")
        let claimed = FacetContent(
            canonical: [ShownIdentifier(Identifier(kind: .email, scope: "", canonical: "a.b@example.it"), .claimed)],
            attributes: [], period: nil)
        #expect(key.facet(claimed).description == "269da617-3e2b-84e6-90b8-491de52aab8f")
        #expect(
            key.interaction(source: 42, id: "ord-881", customer: "").description
                == "ac2ae373-4efe-8f68-bf1c-f7d5dbd66abb")
        #expect(
            key.interaction(source: -7, id: "<1@x>#ab", customer: "a.b@example.it").description
                == "b336917d-ed2a-87ff-a301-5fee749fb57a")
        #expect(key.message(source: 42, id: "ord-881").description == "ee189bd8-2b51-8b5a-bce8-9ac4cefd46cc")
        #expect(key.thread(source: 42, id: "ord-881").description == "3dbc21f8-6ec1-8f99-bb98-6e3ae159da16")
        let sha256: [UInt8] = [
            0x44, 0x13, 0x6F, 0xA3, 0x55, 0xB3, 0x67, 0x8A, 0x11, 0x46, 0xAD, 0x16, 0xF7, 0xE8, 0x64, 0x9E,
            0x94, 0xFB, 0x4F, 0xC2, 0x1F, 0xE7, 0x7E, 0x83, 0x10, 0xC0, 0x60, 0xF6, 0x1C, 0xAA, 0xFF, 0x8A,
        ]
        #expect(
            key.refusal(source: "shop", reason: .noIdentifier, sha256: sha256).description
                == "a7e01ebf-a9b9-8f7a-b951-22c31bb7168e")
    }

    @Test func `the bytes of a facet never change`() {
        #expect(
            hex(CanonicalBytes.facet(facet))
                == "0146000000020000001f020000000570686f6e65000000000000000d2b333933343731323334353637000000"
                + "280300000005656d61696c00000000000000166d6172696f2e726f737369406578616d706c652e6974000000"
                + "01000000046e616d650000000b6d6172696f20726f73736900000006323032364832")
        #expect(
            hex(CanonicalBytes.contentHash(of: mario))
                == "60f33748f1fd1fcf652366d3b1cce5aab589e6081492d6b5f67bcd664728149d")
        #expect(
            hex(CanonicalBytes.contentHash(of: facet))
                == "182336f821b30462ed791241ebd554789458671f51fc6dd118210b4655bafe2c")
    }

    @Test func `composed and decomposed spellings have one id`() {
        let composed = Identifier(kind: .forumAccount, scope: "forum", canonical: "nicol\u{F2}")
        let decomposed = Identifier(kind: .forumAccount, scope: "forum", canonical: "nicolo\u{300}")
        #expect(key.identifier(composed) == key.identifier(decomposed))
        #expect(key.identifier(composed).description == "d20defcb-01c5-83e8-a616-744dc7e0e1ae")
        #expect(
            key.interaction(source: 1, id: "nicol\u{F2}", customer: "")
                == key.interaction(source: 1, id: "nicolo\u{300}", customer: ""))
    }

    @Test func `different things with the same fields have different ids`() {
        let ids = [
            key.message(source: 1, id: "a"), key.thread(source: 1, id: "a"),
            key.interaction(source: 1, id: "a", customer: ""), key.interaction(source: 1, id: "", customer: "a"),
            key.interaction(source: 11, id: "a", customer: ""), key.interaction(source: 1, id: "1a", customer: ""),
            ContentKey(Array(1..<33)).message(source: 1, id: "a"),
            key.identifier(Identifier(kind: .card, scope: "a", canonical: "bc")),
            key.identifier(Identifier(kind: .card, scope: "ab", canonical: "c")),
        ]
        #expect(Set(ids).count == ids.count)
    }

    @Test func `an id is a UUID of version 8 and reads back`() throws {
        for number in 0..<200 {
            let id = key.interaction(source: 3, id: "ord-\(number)", customer: "")
            let text = Array(id.description)
            #expect(text[14] == "8" && "89ab".contains(text[19]))
            #expect(HubID(id.description) == id)
        }
    }

    @Test func `a facet does not depend on the order in which it is shown`() {
        var generator = Seeded(1)
        let shown = [
            ShownIdentifier(mario, .presented), ShownIdentifier(mario, .verified), ShownIdentifier(mobile, .claimed),
            ShownIdentifier(Identifier(kind: .cookie, scope: "shop", canonical: "c1"), .presented),
            ShownIdentifier(Identifier(kind: .cookie, scope: "shop", canonical: "c10"), .presented),
            ShownIdentifier(Identifier(kind: .customerNumber, scope: "crm", canonical: "7"), .verified),
        ]
        let attributes = [("name", "mario rossi"), ("company", "acme"), ("address.city", "roma"), ("name", "m rossi")]
            .map { FacetContent.Attribute(name: $0.0, value: $0.1) }
        let first = CanonicalBytes.facet(.showing(shown, attributes: attributes, at: 0))
        for _ in 0..<200 {
            let facet = FacetContent.showing(
                shown.shuffled(using: &generator), attributes: attributes.shuffled(using: &generator), at: 0)
            #expect(CanonicalBytes.facet(facet) == first)
            #expect(facet.identifiers.count == 5)
            #expect(facet.identifiers.contains(ShownIdentifier(mario, .verified)))
        }
    }

    @Test func `identifiers stand in the order of their canonical bytes`() {
        var generator = Seeded(2)
        let kinds: [IdentifierKind] = [.card, .cookie, .email, .userID]
        let shown = (0..<60).map { number in
            ShownIdentifier(
                Identifier(
                    kind: kinds[number % 4], scope: ["", "b", "aa"][number % 3],
                    canonical: String((number * 37) % 101, radix: 2)),
                Assurance.allCases[number % 3])
        }
        let facet = FacetContent.showing(shown.shuffled(using: &generator), attributes: [], at: 0)
        let bytes = facet.identifiers.map { [$0.assurance.rawValue] + CanonicalBytes.identifier($0.identifier) }
        for (a, b) in zip(bytes, bytes.dropFirst()) { #expect(a.lexicographicallyPrecedes(b)) }
    }

    @Test func `the period is part of a facet if and only if a kind changes hands`() {
        let summer: Int64 = 1_750_000_000_000_000
        let winter: Int64 = 1_765_000_000_000_000
        func facet(_ identifier: Identifier, _ time: Int64) -> HubID {
            key.facet(.showing([ShownIdentifier(identifier, .presented)], attributes: [], at: time))
        }
        #expect(facet(mario, summer) == facet(mario, winter))
        #expect(facet(mobile, summer) != facet(mobile, winter))
        #expect(Period(microseconds: summer).description == "2025H1")
        #expect(Period(microseconds: winter).description == "2025H2")
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// SplitMix64: small, and the same everywhere.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
