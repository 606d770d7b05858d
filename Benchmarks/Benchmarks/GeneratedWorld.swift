internal import Contact
internal import GroundTruth
internal import Resolution

/// The facets that generated persons leave behind, read as the hub reads them, and whose they really are.
struct GeneratedWorld {
    private(set) var facets: [ResolverFacet] = []
    /// Of each facet, the persons whose interactions hang on it.
    private(set) var persons: [Set<String>] = []

    init(_ settings: Generator.Settings) {
        var reader = InteractionReader(InteractionReader.Settings())
        let normaliser = Normaliser()
        let key = ContentKey(Array(repeating: 7, count: 32))
        var places: [HubID: Int] = [:]
        for one in Generator(settings) {
            // A line that the hub refuses leaves nothing behind; the generator writes none.
            guard case .success(let read) = reader.read(one.line, arrival: .max / 2) else { continue }
            let id = key.facet(read.facet)
            if let place = places[id] {
                persons[place].insert(one.person)
                continue
            }
            places[id] = facets.count
            persons.append([one.person])
            facets.append(
                ResolverFacet(
                    id: id, content: read.facet,
                    showings: read.facet.identifiers.map {
                        ResolverFacet.Showing(
                            value: key.identifier($0.identifier), identifier: $0.identifier, standing: $0.standing,
                            isRole: normaliser.isRole($0.identifier))
                    }, soft: read.facet.isTrusted ? SoftRecord(read.facet)?.id : nil))
        }
    }
}
