/// What comparing soft records found (``SoftIndex`` says which pairs are compared).
package struct SoftEvidence: Sendable {
    /// Two records that hold together, the lesser id first.
    package struct Pair: Hashable, Sendable {
        package let a: Int64
        package let b: Int64
        /// 1,024ths of a bit.
        package let weight: Int
        /// The verdict is to join; otherwise the pair only counts in averages.
        package let joins: Bool

        package init(_ one: Int64, _ other: Int64, weight: Int, joins: Bool) {
            a = min(one, other)
            b = max(one, other)
            self.weight = weight
            self.joins = joins
        }
    }

    package let model: SoftModel
    package var pairs: [Pair]

    package init(model: SoftModel, pairs: [Pair]) {
        self.model = model
        self.pairs = pairs
    }

    /// Compares all records of some facets: the definition of what a store that does so step by step has to reach.
    package init(model: SoftModel, comparing facets: [ResolverFacet]) {
        var records: [Int64: SoftRecord] = [:]
        for facet in facets {
            if let id = facet.soft, records[id] == nil { records[id] = SoftRecord(facet.content) }
        }
        let ids = records.keys.sorted()
        let entries = ids.compactMap { records[$0].map(model.prepare) }
        var index = SoftIndex(wide: model.parameters.wide)
        for entry in entries { index.insert(entry) }
        var pairs: [Pair] = []
        for (place, id) in ids.enumerated() {
            for other in index.candidates(place) where other > place {
                let score = model.score(entries[place], entries[other])
                guard score.verdict != .nothing else { continue }
                pairs.append(Pair(id, ids[other], weight: score.weight, joins: score.verdict == .join))
            }
        }
        self.init(model: model, pairs: pairs)
    }
}
