import Testing

@testable import GroundTruth

/// The total order of edges, what is refused, the cap, decisions, kinds.
@Suite struct JoiningTests {
    /// a has customer number 1, c has 2, and b lies between, with an address in common with a and a number with c.
    private func path(_ address: String = "a@x.example") -> World {
        World(
            facet("customer_number:crm/1 presented", "email:\(address) presented"),
            facet("email:\(address) presented", "phone:+393 presented", period: 4050),
            facet("phone:+393 presented", "customer_number:crm/2 presented", period: 4050))
    }

    @Test func `Where evidence is equal the content decides`() {
        // The beginnings of the SHA-256 of the canonical bytes, worked out by another program.
        func beginning(_ text: String) -> [UInt8] { Array(value(text).hash.prefix(2)) }
        #expect(beginning("email:a@x.example") == [0x00, 0x6E])
        #expect(beginning("phone:+393") == [0xA4, 0x0D])
        #expect(beginning("email:b@x.example") == [0xC1, 0x6C])
        #expect(path().groups() == "ab!|c!")
        #expect(path("b@x.example").groups() == "a!|bc!")
        // Both facets of the number, the one of the lesser hash first: b here, so that c is refused.
        #expect(path().facets.map { $0.hash[0] } == [0x2D, 0x1D, 0xDA])
        #expect(path().refused() == ["exclusive c phone:+393 presented"])
    }

    @Test func `Stronger evidence comes first: the level, then the tier`() {
        func world(_ left: String, _ right: String) -> World {
            World(
                facet("customer_number:crm/1 presented", left, period: 4050), facet(left, right, period: 4050),
                facet(right, "customer_number:crm/2 presented", period: 4050))
        }
        for pair in [
            ("email:a@x.example verified", "phone:+393 presented"),
            ("phone:+393 verified", "email:a@x.example presented"),
            ("cookie:s/1 verified", "forum_account:f/1 presented"),
            ("email:a@x.example presented", "cookie:s/1 public"),
            ("forum_account:f/1 presented", "email:a@x.example presented"),
            ("phone:+393 presented", "cookie:s/1 presented"), ("cookie:s/1 presented", "device:s/d public"),
        ] {
            #expect(world(pair.0, pair.1).groups() == "ab!|c!", "\(pair)")
            #expect(world(pair.1, pair.0).groups() == "a!|bc!", "\(pair)")
        }
    }

    @Test func `What anybody may have said joins nothing that stands on more`() {
        // Somebody's cookie, somebody's login, and a page that says they are one.
        let cookie = facet("cookie:s/1 presented", period: 4050)
        let login = facet("user_id:s/u verified", "device:s/d presented", period: 4050)
        let page = facet("cookie:s/1 public", "device:s/d public", period: 4050)
        let bridged = World(cookie, login, page)
        #expect(["ac!|b!", "a!|bc!"].contains(bridged.groups()))
        #expect(bridged.refused().map { $0.prefix(7) } == ["public "])
        // It may hang on one of them, and public facets on one another.
        #expect(World(cookie, page).groups() == "ab")
        #expect(World(facet("cookie:s/1 public", period: 4050), page).groups() == "ab")
        // A person may say so, and what takes no part is nothing to stand on.
        #expect(bridged.groups(.same("a", "b")) == "abc")
        var rules = ReferenceRules()
        rules.blocked = [value("cookie:s/1")]
        #expect(bridged.groups(rules: rules) == "a|bc")
    }

    @Test func `What one facet shows itself, or a person decided, may hold several exclusive values`() {
        // Two numbers in one facet: either alone may join it, a third may not.
        let both = facet("customer_number:crm/1 presented", "customer_number:crm/2 presented")
        let one = facet("customer_number:crm/1 presented", "landline:1 claimed")
        let other = facet("customer_number:crm/2 presented", "landline:2 claimed")
        #expect(World(both, one, other).groups() == "abc")
        let third = facet("customer_number:crm/2 presented", "customer_number:crm/3 presented")
        #expect(World(both, third).groups() == "a!|b!")
        #expect(path().groups(.same("a", "c")) == "abc")
        #expect(path().groups(.same("a", "b"), .same("b", "c")) == "abc")
    }

    @Test func `Not the same holds always, across everything between`() {
        let chain = World(
            facet("email:a@x.example verified"), facet("email:a@x.example verified", "forum_account:f/1 presented"),
            facet("forum_account:f/1 presented", "landline:1 claimed"))
        #expect(chain.groups() == "abc")
        // The weaker evidence goes.
        #expect(chain.groups(.notSame(["a"], ["c"])) == "ab!|c!")
        #expect(chain.refused(.notSame(["a"], ["c"])).allSatisfy { $0.hasPrefix("not_same") })
        #expect(chain.groups(.notSame(["a"], ["b", "c"])) == "a!|bc!")
        // Said of one pair twice, in both senses, it is not the same.
        #expect(chain.groups(.same("a", "b"), .notSame(["b"], ["a"])) == "a!|bc!")
        #expect(chain.refused(.same("a", "b"), .notSame(["b"], ["a"])).contains("not_same a b"))
        #expect(chain.groups(.same("a", "c"), .notSame(["a", "c"], ["b"])) == "ac!|b!")
        // Of facets that are not there, or of one and itself, nothing is said.
        #expect(chain.groups(.notSame(["a"], ["nobody"]), .same("b", "nobody"), .same("a", "a")) == "abc")
    }

    @Test func `Of decisions that contradict, those of the lesser content come first`() {
        let world = World(
            facet("email:a@x.example claimed"), facet("email:b@x.example claimed"), facet("email:c@x.example claimed"))
        let hashes = world.facets.map(\.hash)
        func key(_ a: Int, _ b: Int) -> [UInt8] {
            hashes[a].lexicographicallyPrecedes(hashes[b]) ? hashes[a] + hashes[b] : hashes[b] + hashes[a]
        }
        let isFirst = key(0, 1).lexicographicallyPrecedes(key(1, 2))
        #expect(
            world.groups(.same("a", "b"), .same("b", "c"), .notSame(["a"], ["c"])) == (isFirst ? "ab!|c!" : "a!|bc!"))
    }

    @Test func `A component that is too large loses its weakest evidence, and no more than it must`() {
        var rules = ReferenceRules()
        rules.component = 3
        let world = World(
            facet("forum_account:f/1 presented"), facet("forum_account:f/1 presented", "email:a@x.example presented"),
            facet("email:a@x.example presented", "cookie:s/1 presented", period: 4050),
            facet("cookie:s/1 presented", period: 4050))
        #expect(world.groups() == "abcd")
        // The cookie is the weakest; without it three are left.
        #expect(world.groups(rules: rules) == "abc!|d!")
        #expect(world.refused(rules: rules) == ["component c cookie:1 presented", "component d cookie:1 presented"])
        // What is public goes before what is presented, and where it went and is together all the same it is no question.
        rules.kinds["user_id"]?.guessable = false
        let mixed = World(
            facet("cookie:s/1 presented", period: 4050), facet("cookie:s/1 presented", period: 4051),
            facet("cookie:s/1 public", "user_id:s/u public", period: 4050), facet("user_id:s/u public"))
        #expect(mixed.groups(rules: rules) == "ab!|cd!")
        // A decision is never lost: where it holds too many together the next evidence goes.
        #expect(world.groups(.same("c", "d"), rules: rules) == "ab!|cd!")
        #expect(world.groups(.same("a", "b"), .same("b", "c"), .same("c", "d"), rules: rules) == "abcd")
        #expect(world.refused(.same("a", "b"), .same("b", "c"), .same("c", "d"), rules: rules) == [])
        rules.component = 4
        #expect(world.groups(rules: rules) == "abcd")
    }

    @Test func `Of what can be guessed a component of the rest knows nothing`() {
        var rules = ReferenceRules()
        rules.component = 3
        let guesses = World(
            facet("cookie:s/1 public", period: 4050),
            facet("cookie:s/1 public", "forum_account:f/1 public", period: 4050),
            facet("forum_account:f/1 public", "email:a@x.example public"), facet("email:a@x.example public"),
            facet("email:a@x.example verified"), facet("email:a@x.example verified", "landline:1 claimed"))
        #expect(guesses.groups() == "abcd|ef")
        #expect(guesses.groups(rules: rules) == "abc!|d!|ef")
    }

    @Test func `What can be guessed joins, under a public key, only what nobody else vouches for`() {
        let customer = facet("user_id:s/u verified", "cookie:s/1 presented", period: 4050)
        let stranger = facet("user_id:s/u public")
        let other = facet("user_id:s/u public", "cookie:s/2 public", period: 4050)
        let apart = World(customer, stranger, other)
        #expect(apart.groups() == "a|bc", "and nobody is contested")
        #expect(apart.refused() == ["guess a user_id:u public"])
        // His own browser leads back, and brings nobody along who knew his number.
        let back = facet("user_id:s/u public", "cookie:s/1 public", period: 4050)
        #expect(World(customer, stranger, other, back).groups() == "ad|bc")
        #expect(
            World(customer, stranger, other, back).refused()
                == ["guess a user_id:u public", "guess d user_id:u public"])
        // Where a person knows better it is so, and still brings nobody along.
        #expect(apart.groups(.same("a", "b")) == "ab|c")
        // What vouches need not itself join anything.
        #expect(World(facet("user_id:s/u public", "landline:1 presented"), stranger).groups() == "a|b")
        var rules = ReferenceRules()
        rules.kinds["user_id"]?.guessable = false
        #expect(apart.groups(rules: rules) == "abc")
        rules.kinds["cookie"]?.guessable = true
        #expect(World(customer, facet("cookie:s/1 public", period: 4050)).groups(rules: rules) == "a|b")
    }

    @Test func `A group belongs to nobody when nothing of it is its own and something is shared`() {
        let role = facet("email:info@x.example presented")
        #expect(World(role, facet("email:info@x.example claimed")).groups() == "a*|b*")
        #expect(World(facet("email:info@x.example presented", "cookie:s/1 public", period: 4050)).groups() == "a")
        #expect(World(facet("email:info@x.example presented", "cookie:s/1 claimed", period: 4050)).groups() == "a*")
        #expect(World(facet("email:info@x.example public")).groups() == "a*")
        #expect(World(facet("email:info@x.example claimed", "email:a@x.example claimed")).groups() == "a*")
        // Shared where it was presented, its own where it was verified.
        let mario = facet("email:a@x.example verified", name: "mario rossi")
        let anna = facet("email:a@x.example presented", name: "anna rossi")
        #expect(World(mario, anna).groups() == "a|b*")
        // Put together by a person, what belongs to nobody still belongs to nobody.
        #expect(World(role, anna, mario).groups(.same("a", "b")) == "ab*|c")
        #expect(World(role, anna, mario).groups(.same("a", "c")) == "ac|b*")
        #expect(World(facet("landline:1 verified")).groups() == "a")
    }
}
