import Contact
import Testing

@testable import GroundTruth
@testable import Resolution

/// Beside a value of which one person is the holder, Pino is Giuseppe.
@Suite struct NicknameTests {
    private func isShared(_ names: [String]) -> Bool {
        let mailbox = Identifier(kind: .email, scope: "", canonical: "rossi@example.it")
        let facets = names.map { name in
            let content = FacetContent.showing(
                [ShownIdentifier(mailbox, standing: .presented)],
                attributes: [FacetContent.Attribute(name: "name", value: name)], at: 1_600_000_000_000_000)
            return ResolverFacet(
                id: RandomWorld.id(CanonicalBytes.contentHash(of: content)), content: content,
                showings: [
                    ResolverFacet.Showing(
                        value: RandomWorld.id(CanonicalBytes.contentHash(of: mailbox)), identifier: mailbox,
                        standing: .presented, isRole: false)
                ])
        }
        return partition(facets).groups.count > 1
    }

    @Test func `A nickname beside the name it stands for makes no second person`() {
        #expect(!isShared(["giuseppe rossi", "pino rossi"]))
        #expect(!isShared(["rossi giuseppe", "beppe rossi", "pino rossi"]))
        #expect(!isShared(["vincenzo rossi", "enzo rossi"]))
    }

    @Test func `Two names that share a nickname are two persons, and so are a nickname and another name`() {
        #expect(isShared(["vincenzo rossi", "lorenzo rossi"]))
        #expect(isShared(["vincenzo rossi", "lorenzo rossi", "enzo rossi"]))
        #expect(isShared(["alessandro rossi", "alessandra rossi"]))
        #expect(isShared(["pino rossi", "anna rossi"]))
        #expect(isShared(["pino rossi", "giuseppe bianchi"]))
    }

    @Test func `The reference agrees on all that the generator can write`() {
        let origins: [Origin] = [.italian, .german, .french, .romanian, .other]
        let names = Set(origins.flatMap { $0.women + $0.men + $0.surnames }.map(\.folded)).sorted()
        for one in names {
            for other in names {
                guard let a = NameTokens("\(one) rossi"), let b = NameTokens("\(other) rossi") else { continue }
                let reference = ReferenceName(folded: "\(one) rossi")
                #expect(
                    a.isCompatible(with: b) == reference.isCompatible(with: ReferenceName(folded: "\(other) rossi")),
                    "\(one), \(other)")
            }
        }
    }
}
