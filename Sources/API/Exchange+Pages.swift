internal import Delivery
internal import HTTPTypes
internal import HummingbirdCore
internal import Storage

/// What is answered whole: questions, and the commands of people.
extension Exchange {
    /// What has to be as it was seen.
    var unchanged: Unchanged? { Unchanged(request.headers) }

    func page() async throws -> Answer {
        do {
            let answer = try await answer()
            return route.method == .get ? answer.tagged(unless: request.headers[.ifNoneMatch]) : answer
        } catch let error as DecisionError {
            throw error.told
        }
    }

    private func answer() async throws -> Answer {
        let pages = Pages(workspace: workspace)
        let decisions = DecisionPages(workspace: workspace, key: key, unchanged: unchanged)
        let rules = RulePages(desk: desk, workspace: workspace, key: key, unchanged: unchanged)
        switch route.action {
        case .profile: return try await pages.profile(values[0])
        case .profileByIdentifier:
            if let count = try query("interactions") {
                return try await pages.glance(kind: values[0], value: values[1], interactions: count)
            }
            return try await pages.profile(kind: values[0], value: values[1])
        case .timeline:
            return try await pages.timeline(values[0], TimelineQuery(query), limit: query("limit"))
        case .visits: return try await pages.visits(values[0], before: query("before"), limit: query("limit"))
        case .hits: return try await pages.hits(days: query("days"), now: desk.now())
        case .search:
            let pages = SearchPages(workspace: workspace)
            return try await pages.search(query("q"), limit: query("limit"), now: desk.now())
        case .explanation: return try await pages.explanation(values[0], with: query("with"))
        case .decide: return try await decisions.decide(body())
        case .decisions: return try await decisions.list(limit: query("limit"), after: query("after"))
        case .revocation: return try await decisions.revoke(values[0], isPreview: flag("preview"))
        case .reviews: return try await decisions.reviews(limit: query("limit"))
        case .erasure: return try await decisions.erase(body())
        case .rules: return try await rules.show()
        case .rulePreview: return try await rules.preview(body())
        case .ruleChange: return try await rules.change(body())
        case .subscriptions, .subscription, .subscribe, .subscriptionChange, .subscriptionRemoval,
            .subscriptionAttempts, .subscriptionDead, .subscriptionCommand:
            return try await subscriptionPage()
        case .snapshot: return try await FeedPages(workspace: workspace).snapshot(self)
        case .interactions, .changes, .receiver, .welcome, .health, .readiness, .metrics, .openAPI:
            throw Problem.failure
        case .recognise:
            return try await RecognisePages(desk: desk, workspace: workspace, key: key).recognise(body())
        case .disclosure: return try await DisclosurePages(desk: desk, workspace: workspace, key: key).show()
        case .disclosureChange:
            return try await DisclosurePages(desk: desk, workspace: workspace, key: key).change(body())
        case .interaction, .original, .people, .segment: return try await furtherPage()
        case .audit: return try await AuditPages(workspace: workspace).list(self)
        case .consents, .consent, .memories, .memory, .memoryEnd, .preferences: return try await recordPage()
        }
    }

    private func subscriptionPage() async throws -> Answer {
        let pages = SubscriptionPages(desk: desk, workspace: workspace)
        let limit = try query("limit")
        do {
            switch route.action {
            case .subscriptions: return try await pages.list()
            case .subscribe: return try await pages.add(body())
            case .subscription: return try await pages.show(values[0])
            case .subscriptionChange: return try await pages.change(values[0], body())
            case .subscriptionRemoval: return try await pages.remove(values[0])
            case .subscriptionAttempts: return try await pages.attempts(values[0], limit: limit)
            case .subscriptionDead: return try await pages.dead(values[0], limit: limit)
            default: return try await pages.run(values[1], on: values[0], body())
            }
        } catch let fault as SubscriptionFault {
            throw Problem.badRequest(
                "subscription_unusable", "The subscription cannot be so", fault.description,
                "set it as the text says, and send it again")
        }
    }

    /// A small body, whole.
    func body() async throws -> [UInt8] {
        try refuseEncoding()
        let budget = BudgetShare(desk.budget)
        defer { withExtendedLifetime(budget) {} }
        var bytes: [UInt8] = []
        try await withPieces { pieces in
            while let piece = try await pieces.next() {
                guard bytes.count + piece.count <= BodyObject.mostBytes else {
                    throw Problem(
                        .contentTooLarge, "body_too_large", "The body is too large",
                        "it may have \(BodyObject.mostBytes) bytes", whatToDo: "send less in one request")
                }
                try await budget.take(piece.count, weighed: .text)
                bytes.append(contentsOf: piece)
            }
        }
        return bytes
    }

    /// A flag of the query string.
    private func flag(_ name: String) throws(Problem) -> Bool {
        switch try query(name) {
        case nil, "false": return false
        case "true": return true
        default:
            throw Problem.badRequest(
                "query_invalid", "The query cannot be used", "\(name) is neither true nor false",
                "give true or false as \(name), or leave it out")
        }
    }
}
