internal import Contact
internal import HTTPTypes
internal import Postgres
internal import Resolution
internal import Storage

/// The answers about the resolver's rules.
struct RulePages: Sendable {
    let desk: Desk
    let workspace: OpenWorkspace
    let key: Key
    var unchanged: Unchanged?

    func show() async throws -> Answer {
        let (version, rules, isApplied) = try await workspace.profiles.rules()
        return .json(RulesJSON.current(version, rules, isApplied: isApplied))
    }

    /// What rules would do to all that is there; what the body does not name stays as it is.
    func preview(_ bytes: [UInt8]) async throws -> Answer {
        let rules = try await read(bytes)
        let isFirst = desk.isTryingRules.withLock { isTrying in
            defer { isTrying = true }
            return !isTrying
        }
        guard isFirst else {
            throw Problem(
                .serviceUnavailable, "busy", "Rules are being tried already",
                "the hub tries one change of rules at a time",
                whatToDo: "send it again after the stated seconds", fields: Problem.retry(5))
        }
        defer { desk.isTryingRules.withLock { $0 = false } }
        return .json(RulesJSON.preview(try await workspace.profiles.preview(rules: rules)))
    }

    /// In force at once for what comes; what is there follows in the background. Of two changes at once each is a version, and
    /// what one does not name stays as the other made it; who sends the `version` he knows is refused where there is a newer one.
    func change(_ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(bytes, knowing: ["rules", "why", "version"])
        let why = try body.why(isPreview: false)
        guard let json = body.json("rules") else {
            throw BodyObject.invalid("rules is missing", "send the rules, as GET /v1/rules has them, as rules")
        }
        let expected = try body.number("version", as: Int32.self)
        let change = try await workspace.ledger.change(
            by: json, expected: expected, who: DecisionPages.who(key), why: why, expecting: unchanged?.rules)
        switch change {
        case .made(let version, let rules): return .json(RulesJSON.current(version, rules, isApplied: false))
        case .unusable(let error): throw Self.unusable(error)
        case .overtaken(let version):
            // The version is the one that was named, or none was: then it is the tag that does not fit.
            if unchanged != nil, expected ?? version == version { throw Problem.changedMeanwhile }
            throw Problem(
                .conflict, "rules_changed", "Somebody has changed the rules",
                "version \(version) holds, not the one that was to be changed",
                whatToDo: "look at GET /v1/rules, and send the change again with its version")
        }
    }

    private func read(_ json: [UInt8]) async throws -> Rules {
        let (_, current, _) = try await workspace.profiles.rules()
        do throws(RulesError) { return try Rules(json: json, over: current) } catch { throw Self.unusable(error) }
    }

    private static func unusable(_ error: RulesError) -> Problem {
        .badRequest(
            "rules_invalid", "The rules cannot be used", error.description,
            "mend that; GET /v1/rules shows the rules that hold, in full")
    }
}
