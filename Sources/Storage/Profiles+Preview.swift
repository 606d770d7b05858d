package import Contact
package import Postgres
package import Resolution

/// What other rules would make of everything that is there.
package struct RulePreview: Sendable {
    package struct Value: Sendable {
        package let identifier: Identifier
        package let facets: Int
    }

    package var profiles = 0
    package var facets = 0
    /// Profiles that would be taken into others.
    package var merges = 0
    /// Profiles whose facets would go to several.
    package var splits = 0
    /// Some of each, the largest first.
    package var merged: [[HubID]] = []
    package var split: [(profile: HubID, parts: Int)] = []
    package var newlyShared: [Value] = []
    package var noLongerShared: [Value] = []
}

extension Profiles {
    private static let pageOfFacets = 5_000
    private static let samples = 10

    /// Partitions all facets by some rules, in memory (about 2 kB a facet), and tells what would change. Nothing is locked and
    /// nothing is written; what comes meanwhile may or may not be in it.
    package func preview(rules: Rules) async throws(DatabaseError) -> RulePreview {
        var facets: [ResolverFacet] = []
        var homes: [HubID] = []
        var marked: Set<HubID> = []
        var decisions: Set<Decision> = []
        var pairs: [SoftEvidence.Pair] = []
        var model = SoftModel.standard
        var last = HubID(high: 0, low: 0)
        while true {
            let page = try await page(after: last)
            guard let end = page.facets.last else { break }
            last = end.facet.id
            for (facet, home) in page.facets {
                facets.append(facet)
                homes.append(home)
            }
            marked.formUnion(page.marked)
            pairs += page.pairs
            model = page.model
            decisions.formUnion(page.decisions)
        }
        let soft = SoftEvidence(model: model, pairs: pairs)
        let found = partition(facets, decisions: Array(decisions), rules: rules, soft: soft)
        return Self.compare(facets, homes, marked, found)
    }

    private struct Page: Sendable {
        var facets: [(facet: ResolverFacet, profile: HubID)]
        var marked: Set<HubID>
        var decisions: [Decision]
        var pairs: [SoftEvidence.Pair]
        var model: SoftModel
    }

    private func page(after last: HubID) async throws(DatabaseError) -> Page {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Page in
            let facets = try StoredFacets.read(
                try session.execute(
                    .previewFacets, [.int8(workspace.id), .uuid(last), .int8(Int64(Self.pageOfFacets))]))
            let values = Set(facets.lazy.flatMap(\.facet.showings).map(\.value)).sorted()
            let rows = try session.execute(.resolveShared, [.int8(workspace.id), .uuids(values)])
            var marked: Set<HubID> = []
            for row in 0..<rows.count { marked.insert(try rows.id(row, 0)) }
            let decisions = try StoredDecisions.read(
                try session.execute(
                    .resolveDecisions, [.int8(workspace.id), .uuids(facets.map(\.facet.id)), .uuids(values)]))
            let resolving = try book.resolving(try Self.head(workspace, in: session), workspace, in: session)
            let records = Set(facets.compactMap(\.facet.soft)).sorted()
            let edges = try session.execute(.softEdges, [.int8(workspace.id), .int8s(records)])
            return Page(
                facets: facets, marked: marked, decisions: decisions, pairs: try SoftSearch.pairs(edges),
                model: resolving.model)
        }
    }

    private static func compare(
        _ facets: [ResolverFacet], _ homes: [HubID], _ marked: Set<HubID>, _ found: Partition
    ) -> RulePreview {
        var preview = RulePreview()
        preview.facets = facets.count
        preview.profiles = Set(homes).count
        var parts: [HubID: Set<Int>] = [:]
        var joins: [[HubID]] = []
        for (number, group) in found.groups.enumerated() {
            let before = Set(group.facets.map { homes[$0] })
            for home in before { parts[home, default: []].insert(number) }
            if before.count > 1 {
                preview.merges += before.count - 1
                joins.append(before.sorted())
            }
        }
        let taken = parts.filter { $0.value.count > 1 }
        preview.splits = taken.count
        joins.sort { a, b in a.count == b.count ? a[0] < b[0] : a.count > b.count }
        preview.merged = Array(joins.prefix(samples))
        var apart: [(profile: HubID, parts: Int)] = taken.map { ($0.key, $0.value.count) }
        apart.sort { a, b in a.parts == b.parts ? a.profile < b.profile : a.parts > b.parts }
        preview.split = Array(apart.prefix(samples))
        var shown: [HubID: (identifier: Identifier, facets: Int)] = [:]
        for facet in facets {
            for showing in facet.showings { shown[showing.value, default: (showing.identifier, 0)].facets += 1 }
        }
        func values(_ isWanted: (HubID, Bool) -> Bool) -> [RulePreview.Value] {
            var wanted: [RulePreview.Value] = []
            for (value, runs) in found.shared where isWanted(value, !runs.isEmpty) {
                if let one = shown[value] {
                    wanted.append(RulePreview.Value(identifier: one.identifier, facets: one.facets))
                }
            }
            wanted.sort { a, b in
                a.facets == b.facets ? a.identifier.description < b.identifier.description : a.facets > b.facets
            }
            return Array(wanted.prefix(samples))
        }
        preview.newlyShared = values { $1 && !marked.contains($0) }
        preview.noLongerShared = values { !$1 && marked.contains($0) }
        return preview
    }
}

extension Statement {
    static let previewFacets = Statement(
        """
        /* preview.facets */
        SELECT facet.facet, facet.profile, facet.period, facet.attributes, shown.identifier, identifier.kind,
          identifier.scope, identifier.value, identifier.role, shown.assurance, facet.soft
        FROM (SELECT facet, profile, period, attributes, soft FROM facet WHERE workspace = $1 AND facet > $2
          ORDER BY facet LIMIT $3) AS facet
        LEFT JOIN facet_identifier AS shown ON shown.workspace = $1 AND shown.facet = facet.facet
        LEFT JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = shown.identifier
        ORDER BY facet.facet
        """, isPlannedAnew: true)
}
