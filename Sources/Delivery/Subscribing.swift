package import Contact
package import Postgres
package import Storage

/// Sets up the subscriptions of a workspace: what the commands and the routes share.
package struct Subscribing: Sendable {
    package let subscriptions: Subscriptions
    private let workspace: Workspace
    private let addressGuard: AddressGuard
    private let seal: @Sendable () throws -> Seal
    private let now: @Sendable () -> Int64

    package init(
        _ database: Database, workspace: Workspace, addressGuard: AddressGuard,
        seal: @escaping @Sendable () throws -> Seal, now: @escaping @Sendable () -> Int64
    ) {
        subscriptions = Subscriptions(database, workspace: workspace)
        self.workspace = workspace
        self.addressGuard = addressGuard
        self.seal = seal
        self.now = now
    }

    /// What was made; the secret is told once.
    package struct Made: Sendable {
        package let cursor: JournalCursor
        /// What the receiver checks signatures with: the secret, or the public half of it.
        package let verifyWith: String?
    }

    /// Secrets that a subscription of Kafka may have, besides what can be set.
    package static func isSecret(_ name: String, of kind: Subscription.Kind) -> Bool {
        kind == .kafka && name.hasPrefix(TopicSettings.propertyPrefix)
            && ["password", "secret", "key.pem"].contains { name.hasSuffix($0) }
    }

    /// Makes a subscription, told of what comes after `start`. `secret` is one that the receiver has already, as
    /// `whsec_…`; else one is made, of the scheme.
    package func add(
        _ name: String, kind: Subscription.Kind, values: [String: String], secret: String? = nil,
        scheme: WebhookSecret.Scheme = .shared, from start: Subscriptions.Start
    ) async throws -> Made {
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9_-]{0,62}/) != nil else {
            throw SubscriptionFault("a name has 1 to 63 of a-z, 0-9, _ and -, and begins with a letter or a digit")
        }
        let (plain, secrets) = split(values, kind)
        try check(plain, secrets, kind)
        var sealed = secrets
        var signing: WebhookSecret?
        if kind == .webhook {
            let one = try Self.secret(secret, scheme)
            signing = one
            sealed["secret"] = Secret(one.revealed)
        }
        let placing = try await subscriptions.add(
            name, kind: kind, values: plain, secrets: sealed, seal: try seal(), from: start, now: now())
        guard let placing else { throw SubscriptionFault("there is a subscription \(name) already") }
        return Made(
            cursor: try Self.cursor(placing), verifyWith: signing.map { $0.publicKey ?? $0.revealed })
    }

    /// Changes settings; a value that is empty takes one away.
    package func change(_ subscription: Subscription, _ values: [String: String]) async throws {
        let (plain, secrets) = split(values, subscription.kind)
        var all = subscription.values
        for (name, value) in plain { all[name] = value.isEmpty ? nil : value }
        try check(all, secrets, subscription.kind)
        try await subscriptions.change(
            subscription, values: plain.mapValues { $0.isEmpty ? nil : $0 }, secrets: secrets.mapValues { $0 },
            seal: secrets.isEmpty ? nil : try seal())
    }

    /// Signs with a new secret, and with the one before as well until it is rotated again or that one is dropped.
    package func rotate(
        _ subscription: Subscription, secret: String? = nil, scheme: WebhookSecret.Scheme? = nil
    ) async throws -> String {
        try mustBeWebhook(subscription)
        let known = try await subscriptions.secrets(of: subscription, seal: try seal())
        let before = try known["secret"].map { try WebhookSecret($0.revealed) }
        let new = try Self.secret(secret, scheme ?? (before?.publicKey == nil ? .shared : .ed25519))
        try await subscriptions.change(
            subscription, values: [:],
            secrets: ["secret": Secret(new.revealed), "previous": before.map { Secret($0.revealed) }], seal: try seal())
        return new.publicKey ?? new.revealed
    }

    /// From now on only the current secret signs.
    package func dropPrevious(_ subscription: Subscription) async throws {
        try await subscriptions.change(subscription, values: [:], secrets: ["previous": Secret?.none], seal: try seal())
    }

    /// Tells everything after a place once more.
    package func replay(_ subscription: Subscription, from start: Subscriptions.Start) async throws -> JournalCursor {
        try Self.cursor(try await subscriptions.replay(subscription, from: start))
    }

    /// Sends one event that is about nobody, and says what came back.
    package func test(_ subscription: Subscription, client: WebhookClient) async throws -> (isGood: Bool, text: String)
    {
        try mustBeWebhook(subscription)
        let settings = try WebhookSettings(subscription.values)
        let secrets = try WebhookSecrets.inForce(
            try await subscriptions.secrets(of: subscription, seal: try seal()))
        let id = "test-\(HubID.random())"
        let body = JSONWriter.object([
            ("specversion", JSONWriter.string("1.0")), ("id", JSONWriter.string(id)),
            ("source", JSONWriter.string("/workspaces/\(workspace.id)")),
            ("type", JSONWriter.string("subscription.test")), ("time", JSONWriter.string(Timestamp.text(now()))),
            ("datacontenttype", JSONWriter.string("application/json")),
            ("data", JSONWriter.object([("subscription", JSONWriter.string(subscription.name))])),
        ])
        let request = try WebhookWorker.request(settings.url, id: id, body: body, secrets: secrets, now: now())
        do throws(WebhookError) {
            let answer = try await client.send(request, within: settings.timeout)
            let milliseconds = Int(answer.latency / .milliseconds(1))
            return answer.isSuccess
                ? (true, "it answered \(answer.status) within \(milliseconds) ms")
                : (false, WebhookWorker.failure(answer))
        } catch {
            return (false, "\(error)")
        }
    }

    private func mustBeWebhook(_ subscription: Subscription) throws(SubscriptionFault) {
        guard subscription.kind == .webhook else {
            throw SubscriptionFault(
                "\(subscription.name) is a subscription of \(subscription.kind.rawValue), not a webhook")
        }
    }

    private func split(
        _ values: [String: String], _ kind: Subscription.Kind
    ) -> (plain: [String: String], secrets: [String: Secret]) {
        let secret = values.filter { Self.isSecret($0.key, of: kind) && !$0.value.isEmpty }
        return (values.filter { !Self.isSecret($0.key, of: kind) }, secret.mapValues { Secret($0) })
    }

    private func check(
        _ values: [String: String], _ secrets: [String: Secret], _ kind: Subscription.Kind
    ) throws(SubscriptionFault) {
        switch kind {
        case .webhook:
            let settings = try WebhookSettings(values)
            if let refusal = addressGuard.refusal(of: settings.url) { throw SubscriptionFault("url: \(refusal)") }
        case .kafka: _ = try TopicSettings(values, secrets: secrets)
        }
    }

    private static func secret(
        _ text: String?, _ scheme: WebhookSecret.Scheme
    ) throws(SubscriptionFault) -> WebhookSecret {
        guard let text else { return .random(scheme) }
        do throws(WebhookSecretError) { return try WebhookSecret(text) } catch {
            throw SubscriptionFault("the secret cannot be used: \(error)")
        }
    }

    private static func cursor(_ placing: Subscriptions.Placing) throws(SubscriptionFault) -> JournalCursor {
        switch placing {
        case .done(let cursor): return cursor
        case .otherEpoch: throw SubscriptionFault("the cursor is of another epoch: the journal was begun anew")
        case .behind(let oldest):
            throw SubscriptionFault("what comes after the cursor is no longer kept: the oldest place is \(oldest)")
        case .ahead(let end): throw SubscriptionFault("the journal has not come so far: it ends at \(end)")
        case .unknown: throw SubscriptionFault("the subscription is gone")
        }
    }

    /// A place as people write it.
    package static func start(_ text: String) throws(SubscriptionFault) -> Subscriptions.Start {
        switch text {
        case "now": return .now
        case "oldest": return .oldest
        default:
            guard let cursor = JournalCursor(text) else {
                throw SubscriptionFault("a place is now, oldest, or a cursor as epoch.position; not \(text)")
            }
            return .after(cursor)
        }
    }
}

extension AddressGuard.Exceptions {
    /// Reads what the operator allows: ranges as 10.0.0.0/8, `private` for private networks, `http`; with commas between.
    package init(_ text: String) throws(SubscriptionFault) {
        self.init()
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            switch part {
            case "private": allowsPrivateNetworks = true
            case "http": allowsHTTP = true
            default:
                guard let range = AddressRange(String(part)) else {
                    throw SubscriptionFault(
                        "webhooks_allow names ranges as 10.0.0.0/8 or ::1/128, private, or http; not \(part)")
                }
                ranges.append(range)
            }
        }
    }
}
