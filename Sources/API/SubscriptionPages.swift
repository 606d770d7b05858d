internal import Contact
internal import Delivery
internal import HTTPTypes
internal import Storage

/// The answers about who is told of changes by the hub itself.
struct SubscriptionPages: Sendable {
    private static let usuallyListed = 50
    private static let mostListed = 200

    let desk: Desk
    let workspace: OpenWorkspace

    private var subscribing: Subscribing {
        let secretKey = desk.secretKey
        return Subscribing(
            workspace.tail.journal.database, workspace: workspace.workspace, addressGuard: desk.webhooks,
            seal: { Seal(try secretKey()) }, now: desk.now)
    }

    func list() async throws -> Answer {
        let subscriptions = subscribing.subscriptions
        let health = try await subscriptions.health()
        let all = try await subscriptions.list().map {
            JSONWriter.object(SubscriptionJSON.subscription($0, health[$0.id]))
        }
        return .json(JSONWriter.object([("subscriptions", JSONWriter.array(all))]))
    }

    func show(_ name: String) async throws -> Answer {
        let one = try await find(name)
        let health = try await subscribing.subscriptions.health()[one.id]
        return .json(JSONWriter.object(SubscriptionJSON.subscription(one, health)))
    }

    func add(_ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(
            bytes, knowing: ["name", "kind", "settings", "after", "secret", "signature"])
        guard let name = try body.text("name") else {
            throw BodyObject.invalid("name is missing", "send a name of 1 to 63 of a-z, 0-9, _ and -")
        }
        guard let kind = Subscription.Kind(rawValue: try body.text("kind") ?? "webhook") else {
            throw BodyObject.invalid("kind is none of those that exist", "send as kind webhook or kafka")
        }
        let made = try await subscribing.add(
            name, kind: kind, values: try body.texts("settings"), secret: try body.text("secret"),
            scheme: try scheme(body) ?? .shared, from: try Subscribing.start(try body.text("after") ?? "now"))
        let one = try await find(name)
        let members =
            SubscriptionJSON.subscription(one, try await subscribing.subscriptions.health()[one.id])
            + [
                ("after", JSONWriter.string(made.cursor.description)),
                ("verify_with", made.verifyWith.map(JSONWriter.string) ?? JSONWriter.null),
            ]
        return .json(
            JSONWriter.object(members), .created, fields: [.location: "/v1/subscriptions/\(name)"])
    }

    func change(_ name: String, _ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(bytes, knowing: ["settings"])
        try await subscribing.change(try await find(name), try body.texts("settings"))
        return try await show(name)
    }

    func remove(_ name: String) async throws -> Answer {
        try await subscribing.subscriptions.remove(try await find(name))
        return .json(JSONWriter.object([("removed", JSONWriter.string(name))]))
    }

    func attempts(_ name: String, limit: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: Self.usuallyListed, atMost: Self.mostListed)
        let attempts = try await subscribing.subscriptions.log(try await find(name), limit: count)
        return .json(
            JSONWriter.object([("attempts", JSONWriter.array(attempts.map(SubscriptionJSON.attempt)))]))
    }

    func dead(_ name: String, limit: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: Self.usuallyListed, atMost: Self.mostListed)
        let one = try await find(name)
        let subscriptions = subscribing.subscriptions
        guard let epoch = try await subscriptions.health()[one.id]?.cursor.epoch else { throw Self.unknown }
        let dead = try await subscriptions.parked(one, areDead: true, limit: count)
        return .json(
            JSONWriter.object([
                ("dead", JSONWriter.array(dead.map { SubscriptionJSON.parked($0, epoch: epoch) }))
            ]))
    }

    /// pause, resume, test, rotate, drop, replay, or retry what is dead.
    func run(_ command: String, on name: String, _ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(
            bytes.isEmpty ? Array("{}".utf8) : bytes, knowing: ["after", "secret", "signature", "position"])
        let one = try await find(name)
        let subscribing = subscribing
        switch command {
        case "pause", "resume":
            try await subscribing.subscriptions.pause(one, command == "pause")
            return try await show(name)
        case "test":
            let client = WebhookClient(desk.webhooks, tls: try await WebhookTLS.make())
            defer { client.close() }
            let (isGood, text) = try await subscribing.test(one, client: client)
            return .json(
                JSONWriter.object([("good", JSONWriter.bool(isGood)), ("answer", JSONWriter.string(text))]))
        case "rotate":
            let text = try await subscribing.rotate(one, secret: try body.text("secret"), scheme: try scheme(body))
            return .json(JSONWriter.object([("verify_with", JSONWriter.string(text))]))
        case "drop":
            try await subscribing.dropPrevious(one)
            return try await show(name)
        case "replay":
            guard let after = try body.text("after") else {
                throw BodyObject.invalid("after is missing", "send as after oldest, now, or a cursor")
            }
            let cursor = try await subscribing.replay(one, from: try Subscribing.start(after))
            return .json(JSONWriter.object([("after", JSONWriter.string(cursor.description))]))
        case "retry":
            let position = try body.number("position", as: Int64.self)
            let count = try await subscribing.subscriptions.revive(one, position: position, now: desk.now())
            return .json(JSONWriter.object([("retried", JSONWriter.number(Int64(count)))]))
        default:
            throw Problem(
                .notFound, "command_unknown", "There is no such command", "nothing of a subscription has this name",
                whatToDo: "use pause, resume, test, rotate, drop, replay or retry")
        }
    }

    private func scheme(_ body: BodyObject) throws -> WebhookSecret.Scheme? {
        switch try body.text("signature") {
        case nil: return nil
        case "v1": return .shared
        case "v1a": return .ed25519
        default: throw BodyObject.invalid("signature is neither v1 nor v1a", "send v1 (HMAC) or v1a (ed25519)")
        }
    }

    private func find(_ name: String) async throws -> Subscription {
        guard let one = try await subscribing.subscriptions.find(name) else { throw Self.unknown }
        return one
    }

    private static let unknown = Problem(
        .notFound, "subscription_unknown", "There is no such subscription", "no subscription has this name",
        whatToDo: "GET /v1/subscriptions lists them")
}
