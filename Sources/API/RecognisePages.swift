internal import Contact
internal import HTTPTypes
internal import Storage

/// `POST /v1/recognise`: identifiers and proof in, what may be known out.
struct RecognisePages: Sendable {
    private static let mostIdentifiers = 10
    /// Bytes of every answer: of whoever is known as of whoever is not.
    static let size = 4_096
    /// An answer leaves when a whole number of these has passed. Whoever is known costs some microseconds more than whoever is not,
    /// however alike the work is: over 20,000 calls their times were told apart (area under the curve 0.54).
    private static let beat: Duration = .milliseconds(5)

    let desk: Desk
    let workspace: OpenWorkspace
    let key: Key

    func recognise(_ bytes: [UInt8]) async throws -> Answer {
        let begun = ContinuousClock.now
        let body = try BodyObject(bytes, knowing: ["touchpoint", "identifiers", "token", "consent"])
        let touchpoint = try touchpoint(body)
        let hasConsent = try body.flag("consent")
        let table = try await desk.disclosures.table(workspace)
        let (shown, unusable) = try await shown(body)
        let asks = shown.map { identifier, assurance in
            RecognitionAsk(identifier, assurance, table.cell(identifier.kind, assurance, touchpoint).rule)
        }
        // What may not be told is not looked for: no difference can tell what is not known.
        let telling = asks.filter { $0.rule.level > .nothing && (hasConsent || !$0.rule.needsConsent) }
        var found: (choice: Recognition.Choice?, known: Recognised)?
        if !telling.isEmpty {
            found = try await workspace.profiles.recognise(telling, anybody: .random(), now: desk.now())
        }
        let answer = RecognitionJSON(
            asks: asks, unusable: unusable, touchpoint: touchpoint, known: found?.known, choice: found?.choice,
            most: telling.map(\.rule.level).max() ?? .nothing, language: workspace.workspace.language
        ).answer(Self.size)
        if !telling.isEmpty {
            let beats = (ContinuousClock.now - begun) / Self.beat
            try await Task.sleep(until: begun + Self.beat * beats.rounded(.up), tolerance: .zero)
        }
        var fields: HTTPFields = [:]
        fields[.cacheControl] = "no-store"
        return .json(answer, fields: fields).about((found?.choice).map { [$0.profile] } ?? [])
    }

    private func touchpoint(_ body: BodyObject) throws(Problem) -> Touchpoint {
        let names = Touchpoint.allCases.map(\.rawValue).joined(separator: ", ")
        guard let touchpoint = try body.text("touchpoint").flatMap(Touchpoint.init(rawValue:)) else {
            throw BodyObject.invalid("touchpoint is missing, or none of those that exist", "send one of \(names)")
        }
        switch key.role {
        case .public:
            guard touchpoint.isOpenToPages else {
                throw Problem.forbidden("a public key asks for pages", "send web or chat as touchpoint")
            }
            guard !key.origins.isEmpty else {
                throw Problem.forbidden(
                    "the public key is bound to no page",
                    "make one with `contatto key create --role public --source NAME --origin https://shop.example`")
            }
        case .connector:
            guard touchpoint != .agent else {
                throw Problem.forbidden(
                    "what an agent may see is not told to a connector", "ask with an agent's or a reader's key")
            }
        default: break
        }
        return touchpoint
    }

    /// What is shown, each at the assurance that the key may vouch for at most; and what cannot be read, with the reason. A
    /// mistyped number costs nobody the greeting that his cookie gives him.
    private func shown(
        _ body: BodyObject
    ) async throws -> (shown: [(Identifier, Assurance)], unusable: [(place: Int, detail: String)]) {
        let voice = try Voice(key, normaliser: workspace.normaliser)
        var shown: [(Identifier, Assurance)] = []
        let named = try body.objects("identifiers", knowing: ["kind", "scope", "value", "assurance"]) ?? []
        var unusable: [(place: Int, detail: String)] = []
        for (place, one) in named.enumerated() {
            guard let kind = try one.text("kind"), let value = try one.text("value") else {
                throw BodyObject.invalid("an identifier is no kind with a value", "send kind and value of each")
            }
            let scope = try one.text("scope")
            let identifier: Identifier
            do throws(Problem) {
                identifier = try Pages.identifier(kind, scope: scope, value: value, workspace.normaliser)
            } catch {
                unusable.append((place, error.detail))
                continue
            }
            let ceiling = voice.ceilings.kinds[identifier.kind] ?? voice.ceilings.most
            var assurance = min(.presented, ceiling)
            if let name = try one.text("assurance") {
                guard let stated = Assurance(name: name) else {
                    throw BodyObject.invalid(
                        "assurance is none of those that exist", "send claimed, presented or verified")
                }
                assurance = stated
            }
            guard assurance <= ceiling else {
                throw Problem(
                    .forbidden, "assurance_too_high", "The key may not vouch for that",
                    "\(identifier.kind.name): \(assurance.name) is more than this key may say (\(ceiling.name))",
                    whatToDo: "leave assurance out, or send a token that the site's server has signed")
            }
            shown.append((identifier, assurance))
        }
        if let token = try body.text("token") {
            guard let source = key.source else {
                throw UserToken.invalid("the key speaks for no source, so no secret is its own")
            }
            guard let signer = try await desk.tokenSecrets.find(source, workspace.workspace, desk) else {
                throw UserToken.invalid("the source \(source) has no \(UserToken.secretName)")
            }
            let vouched = try await UserToken.identifiers(
                token, secret: signer.secret, site: signer.site, workspace.normaliser, now: desk.now())
            shown += vouched.map { ($0, .verified) }
        }
        guard (1...Self.mostIdentifiers).contains(shown.count + unusable.count) else {
            throw BodyObject.invalid(
                "nothing is shown, or too much", "send 1 to \(Self.mostIdentifiers) identifiers, or a token")
        }
        // Shown twice is shown once, as surely as it can be.
        var surest: [Identifier: Assurance] = [:]
        for (identifier, assurance) in shown { surest[identifier] = max(surest[identifier] ?? assurance, assurance) }
        var order: [(Identifier, Assurance)] = []
        for (identifier, _) in shown {
            if let assurance = surest.removeValue(forKey: identifier) { order.append((identifier, assurance)) }
        }
        return (order, unusable)
    }
}
