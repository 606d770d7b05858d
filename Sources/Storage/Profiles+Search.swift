package import Contact
package import Postgres
internal import Resolution

extension Profiles {
    /// A profile that a search found.
    package struct Match: Sendable {
        package let profile: HubID
        /// `customer`, `shared` or `organisation`.
        package let kind: String
        /// Folded names and companies it was shown with, the latest first.
        package let names: [String]
        /// Some of its identifiers, those that match first; at most five.
        package let identifiers: [Identifier]
        /// Day of its latest interaction, since 1970-01-01 in UTC.
        package let lastDay: Int
        /// The interactions that hold what was looked for, the latest first; at most three.
        package let interactions: [HubID]
    }

    package struct Search: Sendable {
        /// The best first.
        package let matches: [Match]
        /// How far the words were indexed when it looked.
        package let reach: SearchIndex.Reach
    }

    /// The profiles that somebody may mean: by names, addresses and numbers, in part, in any order and with a letter wrong in
    /// each word; by the id of something at its source; by words of their messages. Accents and case do not matter.
    ///
    /// Every word has to be found in what a profile shows, or in one message. First stands what was typed exactly, then what
    /// begins so, then what is spelt nearly so; of equals the one that was seen last.
    ///
    /// Words are those of the last whole step of ``SearchIndex``; identifiers that are typed whole are always those of now.
    package func search(_ text: String, limit: Int = 20, now: Int64) async throws(DatabaseError) -> Search {
        let query = SearchQuery(text)
        let exact = try await exact(query)
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Search in
            let reach = try SearchIndex.reach(workspace, now: now, in: session)
            var found = Candidates()
            if !exact.identifiers.isEmpty || !exact.interactions.isEmpty {
                let rows = try session.execute(
                    .searchExact,
                    [.int8(workspace.id), .uuids(exact.identifiers.sorted()), .uuids(exact.interactions.sorted())])
                for row in 0..<rows.count {
                    try found.add(exact: rows.id(row, 0), interaction: rows.optionalID(row, 2))
                }
            }
            if !query.wanted.isEmpty { try self.look(for: query, limit, &found, in: session) }
            if !query.words.isEmpty {
                let rows = try session.execute(.searchTexts, [.int8(workspace.id), Self.texts(query.words)])
                for row in 0..<rows.count { try found.add(speaking: rows.id(row, 0), rows.id(row, 1)) }
            }
            return Search(matches: try self.describe(found, query, limit, in: session), reach: reach)
        }
    }

    private func look(
        for query: SearchQuery, _ limit: Int, _ found: inout Candidates, in session: borrowing Session
    ) throws(DatabaseError) {
        let most = max(40, 2 * limit)
        func asked(_ text: String) -> (Statement, [Parameter]) {
            (
                .searchProfiles,
                [
                    .int8(workspace.id), .text(text), Self.texts(query.wishes(workspace.id)), .int8(Int64(most)),
                ]
            )
        }
        let first = [asked(query.exactly(workspace.id, parted: false)), asked(query.begun(workspace.id))]
        for rows in try session.pipeline(first) { try found.add(rows) }
        // What stands together was written together: `anna.ross` begins the address of few, and the name of thousands.
        if found.ranked.isEmpty {
            let next = [asked(query.exactly(workspace.id, parted: true)), asked(query.beginning(workspace.id))]
            for rows in try session.pipeline(query.isParted ? next : [next[1]]) { try found.add(rows) }
        }
        // Who typed it right has found it; else it may be misspelt.
        guard found.ranked.count < min(limit, 5) else { return }
        let keys = query.wanted.map { SearchWords.keys(meantBy: $0.word) }
        let rows = try session.execute(
            .searchMeant, [.int8(workspace.id), Self.texts(Array(Set(keys.flatMap { $0 })).sorted())])
        var meant: [String] = []
        for row in 0..<rows.count { meant.append(try rows.text(row, 0)) }
        let near = query.wanted.map { one in
            Array(meant.filter { SearchWords.edits(one.word, $0, atMost: 1) != nil }.prefix(30))
        }
        // Misspelt at a domain it is one of few; among all whose name is near only some are looked at.
        var last = [asked(query.nearly(workspace.id, near: near))]
        if query.hasDomain { last.insert(asked(query.nearly(workspace.id, near: near, atDomain: true)), at: 0) }
        for rows in try session.pipeline(last) { try found.add(rows) }
        // One word is shown here, and another there: whoever shows a rare one is looked at whole.
        guard found.ranked.isEmpty, query.wanted.count > 1 else { return }
        for rows in try session.pipeline(query.each(workspace.id, near: near).map(asked)) where rows.count < most {
            try found.add(rows)
        }
        found.isPartial = true
    }

    private static func texts(_ values: [String]) -> Parameter {
        var builder = ArrayBuilder(.text, reserving: values.count)
        for value in values { builder.append(text: value) }
        return .array(builder)
    }

    /// Profiles that may be meant.
    private struct Candidates {
        /// Typed whole, each with what was found of it.
        var exact: [HubID: [HubID]] = [:]
        /// In the order in which they were found.
        var ranked: [HubID] = []
        /// Some of them show only one of the words that are wanted.
        var isPartial = false
        private var seen: Set<HubID> = []
        var speaking: [(profile: HubID, interactions: [HubID])] = []

        mutating func add(exact profile: HubID, interaction: HubID?) {
            exact[profile, default: []] += interaction.map { [$0] } ?? []
        }

        mutating func add(_ rows: borrowing Rows) throws(DatabaseError) {
            for row in 0..<rows.count { add(try rows.id(row, 0)) }
        }

        mutating func add(_ profile: HubID) {
            if seen.insert(profile).inserted { ranked.append(profile) }
        }

        mutating func add(speaking profile: HubID, _ interaction: HubID) {
            if let place = speaking.firstIndex(where: { $0.profile == profile }) {
                speaking[place].interactions.append(interaction)
            } else {
                speaking.append((profile, [interaction]))
            }
        }

        var all: [HubID] {
            var once: Set<HubID> = []
            return (exact.keys.sorted() + ranked + speaking.map(\.profile)).filter { once.insert($0).inserted }
        }
    }

    /// Ids of what was typed, if it is an identifier or the id of an interaction at some source.
    private func exact(
        _ query: SearchQuery
    ) async throws(DatabaseError) -> (identifiers: Set<HubID>, interactions: Set<HubID>) {
        var (identifiers, interactions) = (Set<HubID>(), Set<HubID>())
        let normaliser = Normaliser(region: workspace.region)
        let typed = Set([query.whole] + query.tokens).filter { !$0.isEmpty && $0.utf8.count <= 512 }
        for text in typed {
            for kind in IdentifierKind.all where kind.scope == nil && !kind.isOwn {
                do throws(Refusal) {
                    let identifier = try normaliser.identifier(kind: kind.name, scope: nil, value: text)
                    identifiers.insert(key.identifier(identifier))
                } catch {
                    // No identifier of that kind.
                }
            }
        }
        let sources = try await Sources(database, workspace: workspace).list()
        for text in typed where text.utf8.count >= 2 {
            for spelt in Set([text, text.lowercased(), text.uppercased()]) {
                for source in sources.values {
                    interactions.insert(key.interaction(source: source.id, id: spelt, customer: ""))
                }
            }
        }
        return (identifiers, interactions)
    }

    private func describe(
        _ found: Candidates, _ query: SearchQuery, _ limit: Int, in session: borrowing Session
    ) throws(DatabaseError) -> [Match] {
        let all = found.all
        guard !all.isEmpty else { return [] }
        let rows = try session.execute(.searchDescribe, [.int8(workspace.id), .uuids(all)])
        let speaking = Dictionary(found.speaking.map { ($0.profile, $0.interactions) }) { first, _ in first }
        var matches: [(rank: Int, match: Match)] = []
        for row in 0..<rows.count {
            let profile = try rows.id(row, 0)
            let names = try rows.text(row, 2).split(separator: "\n").map(String.init)
            let identifiers = try rows.text(row, 3).split(separator: "\n").compactMap(Self.identifier)
            var shown = SearchQuery.Shown()
            for name in names { shown.words.formUnion(SearchWords.ofName(name)) }
            var fitting: [(distance: Int, identifier: Identifier)] = []
            for identifier in identifiers {
                let (words, number) = SearchWords.of(identifier)
                shown.words.formUnion(words)
                shown.values.append(identifier.value)
                if let number { shown.numbers.append(number) }
                let own = SearchQuery.Shown(words: Set(words), numbers: number.map { [$0] } ?? [])
                fitting.append((query.distance(to: own) ?? .max, identifier))
            }
            let interactions = (found.exact[profile] ?? []) + (speaking[profile] ?? [])
            let kind = ProfileKind(rawValue: try rows.int16(row, 1)) ?? .customer
            // What is nobody's is hardly ever meant.
            let apart = kind == .customer ? 0 : 2
            let rank: Int
            if found.exact[profile] != nil {
                rank = apart
            } else if let distance = query.distance(to: shown), !query.wanted.isEmpty {
                rank = 10 + distance + apart
            } else if speaking[profile] != nil {
                rank = 1_000
            } else {
                // Found by what is not among the few that are shown here.
                guard !found.isPartial else { continue }
                rank = 500 + apart
            }
            matches.append(
                (
                    rank,
                    Match(
                        profile: profile, kind: kind.name, names: names,
                        identifiers: fitting.enumerated().sorted {
                            ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset)
                        }.prefix(5).map(\.element.identifier),
                        lastDay: try rows.date(row, 4), interactions: Array(interactions.prefix(3)))
                ))
        }
        matches.sort { a, b in
            if a.rank != b.rank { return a.rank < b.rank }
            if a.match.lastDay != b.match.lastDay { return a.match.lastDay > b.match.lastDay }
            return a.match.profile < b.match.profile
        }
        return matches.prefix(limit).map(\.match)
    }

    /// One line of the statement's list: kind's number, scope and value between tabs.
    private static func identifier(_ line: Substring) -> Identifier? {
        let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let code = Int16(parts[0]), let kind = IdentifierKind(code: code) else { return nil }
        return Identifier(kind: kind, scope: String(parts[1]), canonical: String(parts[2]))
    }
}
