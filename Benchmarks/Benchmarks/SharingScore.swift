internal import Contact
internal import Resolution

/// What sharing did to the profiles of one run or several.
struct SharingScore {
    /// Of two facets or more.
    private(set) var profiles = 0
    /// Profiles of any number of facets.
    private(set) var all = 0
    /// Of these, those of two true persons or more.
    private(set) var wrong = 0
    /// Those of them in which facets of different persons show one value that may join.
    private(set) var shared = 0
    /// Kinds of these values.
    private(set) var causes: [String: Int] = [:]
    /// Persons of whom two facets show one verified value, and those of them whose two are in different profiles.
    private(set) var sharers = 0
    /// Soft joins by the groups that agree: of one person, of two, and what was alike in one of the latter.
    private(set) var soft: [String: (right: Int, wrong: Int, example: String)] = [:]
    private(set) var split = 0

    /// The promise is about shared values; it is held to all that is wrong, however it came about.
    var isRight: Bool { wrong * 10_000 <= profiles }
    var isWhole: Bool { split * 1_000 <= 2 * sharers }

    var line: String {
        """
        \(profiles) profiles of two facets or more, \(wrong) wrong (\(rate(wrong, of: profiles, in: 10_000)) in 10,000), \
        \(shared) of them through a shared value (\(rate(shared, of: profiles, in: 10_000)) in 10,000); \
        \(sharers) persons with a verified value in two facets, \(split) split (\(rate(split, of: sharers, in: 1_000)) in \
        1,000)
        """
    }

    private func rate(_ count: Int, of all: Int, in base: Double) -> String {
        Spread.rounded(all == 0 ? 0 : Double(count) / Double(all) * base, digits: 2)
    }

    mutating func count(_ group: [Int], _ world: GeneratedWorld) {
        all += 1
        guard group.count > 1 else { return }
        profiles += 1
        guard group.reduce(into: Set<String>(), { $0.formUnion(world.persons[$1]) }).count > 1 else { return }
        wrong += 1
        var showing: [Identifier: Set<String>] = [:]
        for facet in group {
            for shown in world.facets[facet].showings where shown.standing != .claimed {
                showing[shown.identifier, default: []].formUnion(world.persons[facet])
            }
        }
        let kinds = Set(showing.filter { $0.value.count > 1 }.map { $0.key.kind.name })
        if !kinds.isEmpty { shared += 1 }
        causes[kinds.sorted().joined(separator: " and "), default: 0] += 1
    }

    mutating func count(_ edge: Partition.Edge, _ world: GeneratedWorld) {
        guard case .soft(let score) = edge.evidence else { return }
        let groups = score.groups.groups.map(\.name).joined(separator: " and ")
        var joins = soft[groups] ?? (0, 0, "")
        if world.persons[edge.a].isDisjoint(with: world.persons[edge.b]) {
            joins.wrong += 1
            let fields = SoftField.allCases.filter { score.levels[$0.rawValue] > 0 }.map { field in
                "\(field.name) \(score[field].level) \(Spread.rounded(score[field].bits, digits: 1))"
            }
            let sides = [edge.a, edge.b].map { place in
                let content = world.facets[place].content
                return (content.attributes.map(\.value) + content.identifiers.map { "\($0.identifier)" })
                    .joined(separator: ", ")
            }
            joins.example = ", such as \(fields.joined(separator: ", ")): \(sides.joined(separator: " | "))"
        } else {
            joins.right += 1
        }
        soft[groups] = joins
    }

    mutating func countSplit(_ groups: [Int], _ world: GeneratedWorld) {
        var profiles: [String: [Identifier: (facets: Int, profiles: Set<Int>)]] = [:]
        for (place, facet) in world.facets.enumerated() {
            for shown in facet.showings where shown.standing == .verified {
                for person in world.persons[place] {
                    var found = profiles[person]?[shown.identifier] ?? (0, [])
                    found.facets += 1
                    found.profiles.insert(groups[place])
                    profiles[person, default: [:]][shown.identifier] = found
                }
            }
        }
        for values in profiles.values {
            let shared = values.values.filter { $0.facets > 1 }
            sharers += shared.isEmpty ? 0 : 1
            split += shared.contains { $0.profiles.count > 1 } ? 1 : 0
        }
    }

    static func += (score: inout SharingScore, other: SharingScore) {
        score.all += other.all
        score.profiles += other.profiles
        score.wrong += other.wrong
        score.shared += other.shared
        score.causes.merge(other.causes, uniquingKeysWith: +)
        for (groups, joins) in other.soft {
            let known = score.soft[groups] ?? (0, 0, "")
            score.soft[groups] = (
                known.right + joins.right, known.wrong + joins.wrong,
                joins.example.isEmpty ? known.example : joins.example
            )
        }
        score.sharers += other.sharers
        score.split += other.split
    }
}
