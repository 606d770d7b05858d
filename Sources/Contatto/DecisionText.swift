internal import API
internal import Contact
internal import Resolution
internal import Storage

/// Decisions, and what came of them, as text.
enum DecisionText {
    static func write(_ decided: Decided, isPreview: Bool, json: Bool) {
        guard !json else {
            return StandardOutput.write(
                JSONWriter.object(DecisionJSON.decided(decided, isPreview: isPreview)))
        }
        if isPreview {
            StandardOutput.write("preview: nothing was changed")
        } else if let id = decided.decision {
            StandardOutput.write("decision \(id)")
        }
        for line in lines(decided, isPreview: isPreview) { StandardOutput.write(line) }
    }

    /// What changed, or would, a line each.
    private static func lines(_ decided: Decided, isPreview: Bool) -> [String] {
        func verb(_ done: String, _ preview: String) -> String { isPreview ? "would \(preview)" : done }
        var lines = decided.merged.map { "  \(verb("merged", "merge")) \($0.profile) into \($0.into)" }
        for one in decided.split {
            // The ids of those to come are not known before they come.
            let parts = isPreview ? "\(one.into.count + 1) profiles" : list([one.profile] + one.into)
            lines.append("  \(verb("split", "split")) \(one.profile): now \(parts)")
        }
        lines += decided.erased.map { "  \(verb("erased", "erase")) profile \($0)" }
        if decided.interactions > 0 {
            lines.append("  \(verb("erased", "erase")) \(counted(decided.interactions, "interaction"))")
        }
        if lines.isEmpty { lines.append("  who is who stays as it is") }
        return lines
    }

    static func write(_ made: MadeDecision) {
        let what =
            switch made.identifier {
            case let identifier?: "\(identifier) is shared"
            case nil:
                "\(side(made.left)) \(made.kind == "same" ? "is the same customer as" : "is not the same as") "
                    + side(made.right)
            }
        StandardOutput.write("\(made.id)  \(Timestamp.text(made.madeAt))  \(made.who)")
        StandardOutput.write("  \(what)")
        StandardOutput.write("  because: \(made.why)")
        if let at = made.revokedAt {
            StandardOutput.write("  taken back \(Timestamp.text(at)) by \(made.revokedBy ?? "somebody")")
        }
    }

    private static func side(_ facets: [MadeDecision.About]) -> String {
        guard !facets.isEmpty else { return "what was erased" }
        return facets.map { "facet \($0.facet) (profile \($0.profile))" }.joined(separator: " and ")
    }

    static func write(_ review: Review) {
        StandardOutput.write("\(review.a) and \(review.b): \(counted(review.facets, "facet")) to settle")
        for evidence in review.evidence { StandardOutput.write("  \(words(evidence))") }
        for reason in review.reasons { StandardOutput.write("  not joined: \(reason.words)") }
    }

    static func words(_ evidence: Partition.Evidence) -> String {
        switch evidence {
        case .value(let identifier, _): "both show \(identifier)"
        case .decision: "a person said that they are one customer"
        case .soft(let score): "they look alike: \(words(score))"
        }
    }

    /// `21.3 bits: given exact 9.8, surname near 4.1, birth_date other -3.0`
    static func words(_ score: SoftScore) -> String {
        let fields = SoftField.allCases.filter { score.levels[$0.rawValue] > 0 }.map { field in
            let (level, bits) = score[field]
            return "\(field.name) \(level.replacing("_", with: " ")) \(tenths(bits))"
        }
        return "\(tenths(score.bits)) bits: \(fields.joined(separator: ", "))"
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    static func counted(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }

    private static func list(_ ids: [HubID]) -> String {
        var seen: [HubID] = []
        for id in ids where !seen.contains(id) { seen.append(id) }
        return seen.map(\.description).joined(separator: ", ")
    }
}
