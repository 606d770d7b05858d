import Contact
import Testing

@testable import Resolution

/// Kinds of identifiers that are declared in the rules.
@Suite struct OwnRulesTests {
    private static let membership = #"""
        {"kinds":{"custom/membership":{"spelling":"digits","links":"verified","exclusive":true,"tier":1,"gap":1,
        "values":null,"names":null,"blocked":["999*"]}}}
        """#

    private func rules(_ json: String, over base: Rules = .standard) throws(RulesError) -> Rules {
        try Rules(json: Array(json.utf8), over: base)
    }

    @Test func `A kind is declared with its spelling, and may be given rules as any other`() throws {
        let rules = try rules(Self.membership)
        #expect(rules.own == ["membership": .digits])
        let kind = rules[.own("membership")]
        #expect(kind.links == .verified && kind.exclusive && kind.tier == 1 && kind.gap == 1)
        #expect(kind.values == nil && kind.names == nil && kind.blocked == ["999*"])
        #expect(rules[.own("badge")].links == nil && rules[.email] == Rules.standard[.email])
        // Written and read again, they are the same.
        let again = try Rules(json: rules.json)
        #expect(again == rules && again.json == rules.json)
        // The spelling need not be said again, and what is not named stays.
        let changed = try self.rules(#"{"kinds":{"custom/membership":{"links":"presented"}}}"#, over: rules)
        #expect(changed[.own("membership")].links == .presented && changed[.own("membership")].exclusive)
    }

    @Test(arguments: [
        (#"{"kinds":{"custom/membership":{"links":"presented"}}}"#, "spelling is missing"),
        (#"{"kinds":{"custom/membership":{"spelling":"roman"}}}"#, "none of exact, folded, digits, alphanumeric"),
        (#"{"kinds":{"custom/Tessera N.":{"spelling":"exact"}}}"#, "a name is up to 64"),
        (#"{"kinds":{"custom/":{"spelling":"exact"}}}"#, "a name is up to 64"),
        (#"{"kinds":{"custom":{"links":"presented"}}}"#, "no such kind"),
        (#"{"kinds":{"membership":{"spelling":"exact"}}}"#, "one of your own is called custom/NAME"),
        (#"{"kinds":{"email":{"spelling":"exact"}}}"#, "is no rule of a kind"),
        (#"{"kinds":{"custom/membership":7}}"#, "is not an object"),
    ])
    func `What cannot be declared is refused in words`(json: String, words: String) {
        let error = #expect(throws: RulesError.self) { try rules(json) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func `A kind that was declared stays, and stays spelt as it is`() throws {
        let before = try rules(Self.membership)
        #expect(throws: RulesError.self) {
            try rules(#"{"kinds":{"custom/membership":{"spelling":"exact"}}}"#, over: before)
        }
        var other = try rules(#"{"kinds":{"custom/badge":{"spelling":"exact"}}}"#)
        try other.keepOwn(of: before)
        #expect(other.own == ["badge": .exact, "membership": .digits])
        #expect(other[.own("membership")] == before[.own("membership")])
        var against = try rules(#"{"kinds":{"custom/membership":{"spelling":"exact"}}}"#)
        #expect(throws: RulesError.self) { try against.keepOwn(of: before) }
    }
}
