internal import Contact
internal import Resolution
internal import Storage

/// A model of soft evidence as text.
enum ModelText {
    static func write(_ model: ModelInForce) {
        let origin =
            model.records == 0
            ? "comes with the program"
            : "learnt from \(model.records) records by \(model.who), \(Timestamp.text(model.madeAt))"
        let state = model.isApplied ? "" : "; in force for what comes, what is there is being compared once more"
        StandardOutput.write("model \(model.version), \(origin)\(state)")
        var table = Table("FIELD", "LIKENESS", "BITS")
        for field in SoftField.allCases {
            for (level, bits) in model.parameters.bits(of: field) { table.add(field.name, level, bits) }
        }
        table.print()
        StandardOutput.write(
            """
            two records join from \(model.parameters.joinBits) bits and two groups that agree by themselves; a person is \
            asked from \(model.parameters.reviewBits); equal names and streets count by how rare they are
            """)
    }

    static func write(_ applied: AppliedRules, version: Int32, json: Bool) {
        guard json else { return StandardOutput.write("all that is there was compared by it: \(applied.words)") }
        StandardOutput.write(RulesText.json(applied, version: version))
    }
}
