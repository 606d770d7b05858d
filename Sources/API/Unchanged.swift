internal import Contact
internal import HTTPTypes
internal import Resolution
internal import Storage

/// `If-Match` (RFC 9110, 13.1.1): a change is made only where what it is about is still as its tag stands for. The tags are
/// those of GET /v1/profiles/{id} and GET /v1/rules; they are compared by the strong comparison.
struct Unchanged: Sendable {
    /// Nil: `*`, which only wants it to be there.
    private let tags: Set<String>?

    /// Nil where the request has no such field. What is no tag matches nothing.
    init?(_ request: HTTPFields) {
        let fields = request[values: .ifMatch]
        guard !fields.isEmpty else { return nil }
        let listed = fields.joined(separator: ",").filter { $0 != " " && $0 != "\t" }.split(separator: ",")
            .map(String.init)
        tags = listed == ["*"] ? nil : Set(listed)
    }

    /// Nil where nothing need be looked at.
    var profiles: Expectation? {
        guard let tags else { return nil }
        // A tag stands for one profile: no more of them than tags can be as they were.
        return Expectation(ofAtMost: tags.count) { profile in
            // It may have been seen through an id that was absorbed.
            ([nil] + profile.absorbed).contains { id in
                var seen = profile
                seen.redirectedFrom = id
                return tags.contains(Pages.answer(seen, others: nil).tag)
            }
        }
    }

    var rules: RuleExpectation? {
        guard let tags else { return nil }
        // How far they have been taken to what was there is no change of them.
        return { version, rules in
            [true, false].contains { isApplied in
                tags.contains(Answer.json(RulesJSON.current(version, rules, isApplied: isApplied)).tag)
            }
        }
    }
}

extension Problem {
    static let changedMeanwhile = Problem(
        .preconditionFailed, "changed_meanwhile", "It is no longer as it was seen",
        "what this is about has changed since its tag in If-Match was given out, or the tag is none of this hub",
        whatToDo: "look again, with GET /v1/profiles/{id} or GET /v1/rules, and send it with the tag of that answer")
}
