// THROW-AWAY: until main has the real ones.
package import Contact
package import Postgres
package import Resolution

package struct Decided: Sendable {
    package var decision: HubID?
    package var profiles: [HubID] = []
    package var merged: [(profile: HubID, into: HubID)] = []
    package var split: [(profile: HubID, into: [HubID])] = []
    package var erased: [HubID] = []
    package var interactions = 0
    package var cursor: (epoch: HubID, position: Int64)?
}
package enum Said: Sendable {
    case same(HubID, HubID), notSame([HubID], [HubID]), shared(Identifier)
}
package struct DecisionError: Error, CustomStringConvertible {
    package enum Kind: Sendable { case unknown(HubID), nothing(String), database(DatabaseError) }
    package let kind: Kind
    package var description: String { "" }
}
package struct RuleProgress: Sendable {
    package var version: Int32
    package var stage: String
    package var looked: Int
    package var merged: Int
    package var split: Int
}
extension Ledger {
    package func decide(_ said: Said, who: String, why: String, isPreview: Bool = false) async throws(DecisionError) -> Decided { Decided() }
    package func revoke(_ decision: HubID, who: String, isPreview: Bool = false) async throws(DecisionError) -> Decided { Decided() }
    package func erase(_ ids: [HubID], isPreview: Bool = false) async throws(DecisionError) -> Decided { Decided() }
    package func change(rules: Rules, who: String, why: String) async throws(DatabaseError) -> Int32 { 1 }
    package func applyRules() async throws(DatabaseError) -> RuleProgress? { nil }
}
package struct MadeDecision: Sendable {
    package let id: HubID
    package let kind: String
    package let left: [(facet: HubID, profile: HubID)]
    package let right: [(facet: HubID, profile: HubID)]
    package let identifier: Identifier?
    package let who: String
    package let why: String
    package let madeAt: Int64
    package let revokedAt: Int64?
    package let revokedBy: String?
}
package struct Review: Sendable {
    package let a: HubID
    package let b: HubID
    package let reason: Partition.Reason
    package let evidence: [Partition.Evidence]
    package let facets: Int
}
package struct RulePreview: Sendable {
    package var profiles = 0
    package var facets = 0
    package var merges = 0
    package var splits = 0
    package var merged: [[HubID]] = []
    package var split: [(profile: HubID, parts: Int)] = []
    package var newlyShared: [(identifier: Identifier, facets: Int)] = []
    package var noLongerShared: [(identifier: Identifier, facets: Int)] = []
}
package struct PairExplanation: Sendable {
    package var profile: HubID?
    package var path: [Profile.Link] = []
    package var refused: [Profile.Refused] = []
    package var words = ""
}
extension Profiles {
    package func decisions(before: (at: Int64, id: HubID)?, limit: Int) async throws(DatabaseError) -> [MadeDecision] { [] }
    package func reviews(limit: Int) async throws(DatabaseError) -> [Review] { [] }
    package func rules() async throws(DatabaseError) -> (version: Int32, rules: Rules, isApplied: Bool) { (0, .standard, true) }
    package func preview(rules: Rules) async throws(DatabaseError) -> RulePreview { RulePreview() }
    package func explain(_ a: HubID, _ b: HubID) async throws(DatabaseError) -> PairExplanation? { nil }
}
