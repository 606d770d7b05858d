internal import Contact
internal import Resolution
internal import Storage

/// What bringing stored profiles to new rules came to.
struct AppliedRules {
    private(set) var looked = 0
    private(set) var merged = 0
    private(set) var split = 0

    mutating func add(_ step: RuleProgress) {
        looked += step.looked
        merged += step.merged
        split += step.split
    }

    var words: String { "looked at \(looked), merged \(merged), split \(split)" }
}

/// The resolver's rules as text.
enum RulesText {
    static func write(_ rules: Rules, version: Int32, isApplied: Bool) {
        let name = rules == .standard ? "the standard rules" : "rules \(version)"
        StandardOutput.write(
            isApplied ? name : "\(name), in force for what comes; what is there is being brought to them")
        var table = Table(
            "KIND", "LINKS FROM", "ONE A CUSTOMER", "TIER", "SHARED ABOVE", "GAP", "GUESSABLE", "BLOCKED")
        let own = rules.own.keys.sorted().map(IdentifierKind.own)
        for kind in IdentifierKind.all.filter({ !$0.isOwn }) + own {
            let rule = rules[kind]
            let limits = [
                rule.values.map { DecisionText.counted($0, "number") },
                rule.names.map { DecisionText.counted($0, "name") },
            ].compactMap { $0 }
            table.add(
                kind.fullName, rule.links?.name ?? "never", rule.exclusive ? "yes" : "no", "\(rule.tier)",
                limits.isEmpty ? "–" : limits.joined(separator: ", "),
                rule.gap.map { DecisionText.counted(Int($0), "half-year") } ?? "–", rule.guessable ? "yes" : "no",
                rule.blocked.isEmpty ? "–" : rule.blocked.joined(separator: " "))
        }
        table.print()
        for (name, spelling) in rules.own.sorted(by: { $0.key < $1.key }) {
            StandardOutput.write("custom/\(name) is a kind of your own: \(words(spelling))")
        }
        StandardOutput.write(
            """
            a value in more than \(rules.degree) facets is shared; of more than \(rules.component) facets that hang \
            together the weakest links are not believed; \(words(rules.soft))
            what is guessable joins, under a public key, only what nobody else vouches for
            """)
    }

    private static func words(_ spelling: OwnSpelling) -> String {
        switch spelling {
        case .exact: "every character of a value counts"
        case .folded: "case and accents do not count"
        case .digits: "of a value the digits alone count"
        case .alphanumeric: "of a value letters and digits alone count, whatever their case"
        }
    }

    private static func words(_ soft: Rules.Soft) -> String {
        switch soft {
        case .join: "who looks alike beyond doubt is joined, where there is doubt a person is asked"
        case .ask: "who looks alike is never joined by that alone: a person is asked"
        case .off: "how alike people look is not asked"
        }
    }

    static func write(_ preview: RulePreview) {
        let all =
            "\(DecisionText.counted(preview.profiles, "profile")) of \(DecisionText.counted(preview.facets, "facet"))"
        StandardOutput.write("\(all): would merge \(preview.merges), split \(preview.splits); nothing was changed")
        for ids in preview.merged {
            StandardOutput.write("  would merge \(ids.map(\.description).joined(separator: ", "))")
        }
        for one in preview.split { StandardOutput.write("  would split \(one.profile) into \(one.parts)") }
        func told(_ value: RulePreview.Value) -> String {
            "\(value.identifier), in \(DecisionText.counted(value.facets, "facet"))"
        }
        for value in preview.newlyShared { StandardOutput.write("  would be shared: \(told(value))") }
        for value in preview.noLongerShared { StandardOutput.write("  would be shared no more: \(told(value))") }
    }

    static func write(_ applied: AppliedRules, version: Int32, json: Bool) {
        guard json else { return StandardOutput.write("all that is there follows them: \(applied.words)") }
        StandardOutput.write(Self.json(applied, version: version))
    }

    static func json(_ applied: AppliedRules, version: Int32) -> [UInt8] {
        JSONWriter.object([
            ("version", JSONWriter.number(Int64(version))), ("applied", JSONWriter.bool(true)),
            ("looked", JSONWriter.number(Int64(applied.looked))),
            ("merged", JSONWriter.number(Int64(applied.merged))),
            ("split", JSONWriter.number(Int64(applied.split))),
        ])
    }
}
