/// A grouping of interactions into profiles, in a form in which two can be compared.
package struct Answer: Equatable, Sendable {
    package enum Kind: String, Sendable { case customer, shared, organisation }

    package struct Profile: Equatable, Sendable {
        package let kind: Kind
        /// `source|id|customer`, sorted by bytes.
        package let interactions: [String]
        /// Trait to canonical JSON of the winning value.
        package let traits: [String: String]

        package init(kind: Kind, interactions: [String], traits: [String: String]) {
            self.kind = kind
            self.interactions = interactions.sorted(by: precedes)
            self.traits = traits
        }
    }

    /// Sorted by their first interaction.
    package let profiles: [Profile]
    /// How many distinct facets there are.
    package let facets: Int
    package var interactions: Int { profiles.reduce(0) { $0 + $1.interactions.count } }

    package init(profiles: [Profile], facets: Int) {
        self.profiles = profiles.sorted { precedes($0.interactions.first ?? "", $1.interactions.first ?? "") }
        self.facets = facets
    }

    /// A sentence that says where `other` first differs from this answer; nil when it does not.
    package func firstDifference(from other: Answer, mine: String = "reference", theirs: String = "hub") -> String? {
        let place = other.places
        for profile in profiles {
            let first = profile.interactions.first ?? "nothing"
            guard let found = place[first] else { return "\(theirs) has no interaction \(first)" }
            let counterpart = other.profiles[found]
            if profile.interactions != counterpart.interactions {
                let here = Set(profile.interactions)
                let there = Set(counterpart.interactions)
                let missing = here.subtracting(there).sorted(by: precedes)
                let extra = there.subtracting(here).sorted(by: precedes)
                return """
                    the profile of \(first) has \(here.count) interactions in \(mine) and \(there.count) in \
                    \(theirs); only \(mine): \(sample(missing)); only \(theirs): \(sample(extra))
                    """
            }
            if profile.kind != counterpart.kind {
                return "the profile of \(first) is \(profile.kind) in \(mine), \(counterpart.kind) in \(theirs)"
            }
            for trait in Set(profile.traits.keys).union(counterpart.traits.keys).sorted(by: precedes)
            where profile.traits[trait] != counterpart.traits[trait] {
                return """
                    trait \(trait) of the profile of \(first) is \(profile.traits[trait] ?? "absent") in \(mine), \
                    \(counterpart.traits[trait] ?? "absent") in \(theirs)
                    """
            }
        }
        let known = places
        for profile in other.profiles {
            if let first = profile.interactions.first, known[first] == nil {
                return "\(mine) has no interaction \(first)"
            }
        }
        if profiles.count != other.profiles.count {
            return "\(mine) has \(profiles.count) profiles, \(theirs) has \(other.profiles.count)"
        }
        return facets == other.facets ? nil : "\(mine) has \(facets) facets, \(theirs) has \(other.facets)"
    }

    /// The profile of each interaction.
    private var places: [String: Int] {
        var places: [String: Int] = [:]
        for (place, profile) in profiles.enumerated() {
            for interaction in profile.interactions { places[interaction] = place }
        }
        return places
    }

    private func sample(_ keys: [String]) -> String {
        keys.isEmpty ? "none" : keys.prefix(3).joined(separator: ", ") + (keys.count > 3 ? ", …" : "")
    }
}

extension Answer: CustomStringConvertible {
    /// One line a profile; equal answers have equal text.
    package var description: String {
        profiles.map { profile in
            let traits = profile.traits.map { "\($0.key)=\($0.value)" }.sorted(by: precedes)
            return
                "\(profile.kind) [\(profile.interactions.joined(separator: " "))] {\(traits.joined(separator: " "))}\n"
        }.joined() + "\(profiles.count) profiles, \(facets) facets, \(interactions) interactions"
    }
}
