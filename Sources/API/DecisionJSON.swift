package import Contact
internal import Delivery
internal import Resolution
package import Storage

/// Decisions, what came of them and what waits for one, as JSON: what the API answers and what `--json` prints.
package enum DecisionJSON {
    /// What a decision, its revocation or an erasure came to; of a preview, what it would.
    package static func decided(_ decided: Decided, isPreview: Bool) -> [(String, [UInt8])] {
        [
            // That of a preview is never seen again.
            ("decision", isPreview ? JSONWriter.null : decided.decision.map(id) ?? JSONWriter.null),
            ("preview", JSONWriter.bool(isPreview)),
            ("profiles", ids(decided.profiles)),
            (
                "merged",
                JSONWriter.array(
                    decided.merged.map { JSONWriter.object([("profile", id($0.profile)), ("into", id($0.into))]) })
            ),
            (
                "split",
                JSONWriter.array(
                    decided.split.map { JSONWriter.object([("profile", id($0.profile)), ("into", ids($0.into))]) })
            ),
            ("erased", ids(decided.erased)), ("interactions", JSONWriter.number(Int64(decided.interactions))),
            (
                "position",
                decided.cursor.map { JSONWriter.string("\($0.epoch).\($0.position)") } ?? JSONWriter.null
            ),
        ]
    }

    package static func decision(_ made: MadeDecision) -> [UInt8] {
        func side(_ facets: [MadeDecision.About]) -> [UInt8] {
            JSONWriter.array(facets.map { JSONWriter.object([("facet", id($0.facet)), ("profile", id($0.profile))]) })
        }
        return JSONWriter.object([
            ("id", id(made.id)), ("kind", JSONWriter.string(made.kind)), ("left", side(made.left)),
            ("right", side(made.right)),
            (
                "identifier",
                made.identifier.map { JSONWriter.object(StateJSON.identifier($0)) } ?? JSONWriter.null
            ),
            ("who", JSONWriter.string(made.who)), ("why", JSONWriter.string(made.why)),
            ("made_at", JSONWriter.string(Timestamp.text(made.madeAt))),
            ("revoked_at", made.revokedAt.map { JSONWriter.string(Timestamp.text($0)) } ?? JSONWriter.null),
            ("revoked_by", made.revokedBy.map(JSONWriter.string) ?? JSONWriter.null),
        ])
    }

    package static func review(_ review: Review) -> [UInt8] {
        JSONWriter.object([
            ("profiles", ids([review.a, review.b])),
            ("reasons", JSONWriter.array(review.reasons.map { JSONWriter.string($0.rawValue) })),
            ("words", JSONWriter.string(review.reasons.map(\.words).joined(separator: "; "))),
            ("evidence", JSONWriter.array(review.evidence.map { JSONWriter.object(ProfileJSON.evidence($0)) })),
            ("facets", JSONWriter.number(Int64(review.facets))),
        ])
    }

    /// Why two are one customer, or why they are not.
    package static func pair(
        _ pair: PairExplanation, shown: [HubID: Profiles.Shown]
    ) -> [(String, [UInt8])] {
        [
            ("between", ids([pair.a, pair.b])), ("profiles", ids([pair.profiles.0, pair.profiles.1])),
            ("same", JSONWriter.bool(pair.profiles.0 == pair.profiles.1)),
            ("path", JSONWriter.array(pair.path.map { ProfileJSON.link($0, shown: shown) })),
            ("refused", JSONWriter.array(pair.refused.map { ProfileJSON.refused($0, shown: shown) })),
            ("alike", pair.alike.map { ProfileJSON.link($0, shown: shown) } ?? JSONWriter.null),
        ]
    }

    /// What an erasure leaves; said wherever somebody might think otherwise.
    package static let notErased = """
        not erased by this yet: originals and messages of the mailbox, backups, and what other systems hold
        """

    static func id(_ id: HubID) -> [UInt8] { JSONWriter.string(id.description) }
    static func ids(_ ids: [HubID]) -> [UInt8] { JSONWriter.array(ids.map(id)) }
}
