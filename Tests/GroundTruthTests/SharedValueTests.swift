import Testing

@testable import GroundTruth

/// What turns a value into one that belongs to nobody, at which level.
@Suite struct SharedValueTests {
    @Test func `Two exclusive values beside a value make it shared, one does not`() {
        #expect(
            World(
                facet("cookie:s/1 presented", "user_id:s/a verified", period: 4050),
                facet("cookie:s/1 presented", "user_id:s/b verified", period: 4050),
                facet("cookie:s/1 presented", period: 4050)
            ).groups() == "a|b|c*")
        // Of another scope, or of another kind, they are two things one person has.
        #expect(
            World(
                facet("cookie:s/1 presented", "user_id:s/a verified", period: 4050),
                facet("cookie:s/1 presented", "user_id:t/b verified", period: 4050),
                facet("cookie:s/1 presented", "customer_number:crm/7 presented", period: 4050)
            ).groups() == "abc")
        // What is claimed counts for nothing, and neither does what is no exclusive kind.
        #expect(
            World(
                facet("email:a@x.example presented", "customer_number:crm/1 presented"),
                facet("email:a@x.example presented", "customer_number:crm/2 claimed", "forum_account:f/2 presented"),
                facet("email:a@x.example presented", "forum_account:f/3 presented")
            ).groups() == "abc")
    }

    @Test func `A card may be a couple's, a third person makes it shared`() {
        let couple = [1, 2, 3].map { facet("card:s/1 verified", "codice_fiscale:\($0) verified", period: 4050) }
        // Two exclusive values do not turn it; but they still cannot be one profile.
        #expect(World(couple[0], couple[1]).groups() == "a!|b!")
        #expect(World(couple[0], couple[1]).partition().shared.isEmpty)
        let three = World(couple[0], couple[1], couple[2]).partition()
        #expect(three.shared.count == 3)
        #expect(three.refused.isEmpty)
        let names = ["mario rossi", "anna rossi", "ugo rossi"].map {
            facet("card:s/1 verified", name: $0, period: 4050)
        }
        #expect(World(names[0], names[1]).groups() == "ab")
        #expect(World(names[0], names[1], names[2]).groups() == "a*|b*|c*")
    }

    @Test func `Two names of which one person cannot bear both make an address shared`() {
        let mario = facet("email:a@x.example presented", name: "mario rossi")
        let anna = facet("email:a@x.example presented", name: "anna rossi")
        let plain = facet("email:a@x.example presented")
        #expect(World(mario, anna, plain).groups() == "a*|b*|c*")
        #expect(World(mario, facet("email:a@x.example presented", name: "rossi m."), plain).groups() == "abc")
        // Where it is only claimed, its name says nothing.
        #expect(World(mario, facet("email:a@x.example claimed", name: "anna rossi"), plain).groups() == "ac|b")
        // A forum account has no limit of names.
        #expect(
            World(
                facet("forum_account:f/1 presented", name: "mario rossi"),
                facet("forum_account:f/1 presented", name: "anna rossi")
            ).groups() == "ab")
    }

    @Test func `Evidence under a public key never turns what is stronger`() {
        let presented = facet("email:a@x.example presented", "customer_number:crm/1 presented")
        let verified = facet("email:a@x.example verified", name: "mario rossi")
        let second = facet("email:a@x.example verified", "phone:+393 verified", name: "rossi mario", period: 4050)
        let hostile = facet("email:a@x.example public", "customer_number:crm/2 public", name: "eve hacker")
        let world = World(presented, verified, second, hostile)
        #expect(world.groups() == "abc|d")
        #expect(
            world.partition().shared == [.init(value: value("email:a@x.example"), level: .public, first: 0)])
        // Nothing contradicts it; yet it joins only what is like it.
        let plain = facet("email:a@x.example public", name: "mario rossi")
        #expect(World(presented, verified, second, plain).groups() == "abc|d")
        #expect(World(plain, facet("email:a@x.example public")).groups() == "ab")
        // What is presented turns no verified value, and what is only shown so joins no more through it.
        let stranger = facet("email:a@x.example presented", name: "anna bianchi")
        #expect(World(verified, second, presented, stranger).groups() == "ab|c|d*")
    }

    @Test func `Only exclusive values that take part at the level count at it`() {
        // Verified twice, but the second customer number beside it is only presented.
        let world = World(
            facet("email:a@x.example verified", "customer_number:crm/1 verified"),
            facet("email:a@x.example verified", "customer_number:crm/2 presented"),
            facet("email:a@x.example verified"))
        let shared = world.partition().shared.map(\.level)
        #expect(Set(shared) == [.presented, .public])
        // The edges of the verified level come first; the exclusive values that a joining compares are all.
        #expect(world.refused().count == 1)
        #expect(world.groups().contains("!"))
    }

    @Test func `More facets than the degree make anything shared`() {
        var rules = ReferenceRules()
        rules.degree = 2
        func shown(_ kind: String) -> World {
            World(
                facet("\(kind) verified"), facet("\(kind) verified", "landline:1 claimed"),
                facet("\(kind) verified", "landline:2 claimed"))
        }
        for kind in ["email:a@x.example", "codice_fiscale:1", "forum_account:f/1"] {
            #expect(shown(kind).groups(rules: rules) == "a*|b*|c*")
            #expect(shown(kind).groups() == "abc")
        }
        // The degree is that of a level.
        let mixed = World(
            facet("email:a@x.example verified"), facet("email:a@x.example verified", "landline:1 claimed"),
            facet("email:a@x.example public"))
        #expect(mixed.groups(rules: rules) == "ab|c*")
    }

    @Test func `A holder who comes after a silence is another, and shares nothing with the first`() {
        let first = facet("phone:+393 presented", name: "mario rossi", period: 4050)
        let second = facet("phone:+393 presented", name: "anna bianchi", period: 4054)
        #expect(World(first, second).groups() == "a|b")
        #expect(World(first, second).partition().shared.isEmpty)
        // A sign of life in the gap makes one run of both: now it is shared.
        let between = facet("phone:+393 presented", period: 4052)
        #expect(World(first, second, between).groups() == "a*|b*|c*")
        // What is only claimed, or shown at a lower level, is no sign of life.
        #expect(World(first, second, facet("phone:+393 claimed", period: 4052)).groups() == "a|b|c")
        let verified = [(4050, "mario rossi"), (4054, "mario rossi"), (4052, nil)].map {
            facet("phone:+393 \($0.1 == nil ? "presented" : "verified")", name: $0.1, period: $0.0)
        }
        #expect(World(verified[0], verified[1], verified[2]).groups() == "abc")
        let runs = World(verified[0], verified[1]).partition()
        #expect(runs.groups.count == 2)
    }

    @Test func `What a person called shared is shared, and what the rules block takes no part`() {
        let world = World(
            facet("email:a@x.example verified", "customer_number:crm/1 presented"), facet("email:a@x.example verified"))
        #expect(world.groups() == "ab")
        #expect(world.groups(.shared(value("email:a@x.example"))) == "a|b*")
        var rules = ReferenceRules()
        rules.blocked = [value("email:a@x.example")]
        #expect(world.groups(rules: rules) == "a|b")
    }
}
