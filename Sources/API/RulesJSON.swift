internal import Contact
internal import Delivery
package import Resolution
package import Storage

/// The resolver's rules, and what a change of them would do, as JSON.
package enum RulesJSON {
    package static func current(_ version: Int32, _ rules: Rules, isApplied: Bool) -> [UInt8] {
        JSONWriter.object([
            ("version", JSONWriter.number(Int64(version))), ("applied", JSONWriter.bool(isApplied)),
            ("rules", rules.json),
        ])
    }

    package static func preview(_ preview: RulePreview) -> [UInt8] {
        func values(_ values: [RulePreview.Value]) -> [UInt8] {
            JSONWriter.array(
                values.map { value in
                    JSONWriter.object(
                        StateJSON.identifier(value.identifier) + [
                            ("facets", JSONWriter.number(Int64(value.facets)))
                        ])
                })
        }
        return JSONWriter.object([
            ("profiles", JSONWriter.number(Int64(preview.profiles))),
            ("facets", JSONWriter.number(Int64(preview.facets))),
            ("merges", JSONWriter.number(Int64(preview.merges))),
            ("splits", JSONWriter.number(Int64(preview.splits))),
            (
                "samples",
                JSONWriter.object([
                    ("merged", JSONWriter.array(preview.merged.map(DecisionJSON.ids))),
                    (
                        "split",
                        JSONWriter.array(
                            preview.split.map {
                                JSONWriter.object([
                                    ("profile", DecisionJSON.id($0.profile)),
                                    ("parts", JSONWriter.number(Int64($0.parts))),
                                ])
                            })
                    ),
                ])
            ),
            ("newly_shared", values(preview.newlyShared)), ("no_longer_shared", values(preview.noLongerShared)),
        ])
    }
}
