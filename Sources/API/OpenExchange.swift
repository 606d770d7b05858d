internal import Contact
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Postgres
internal import Storage

/// One request of a program that shows no key of the hub's in its head; see ``OpenReceiver``.
///
/// It comes from pages of other hosts: every answer may be read there (CORS). No cookie and no other credential of the
/// browser means anything here, so that there is nothing a strange page could use.
struct OpenExchange: Sendable, OpenDesk {
    let desk: Desk
    let request: Request
    let segments: [String]
    let remote: String?

    /// The mount that takes it; nil where no connector knows the path.
    static func mount(_ method: HTTPRequest.Method, _ segments: [String], _ desk: Desk) -> OpenSources.Mount? {
        let wanted = method == .head ? .get : method
        let found = desk.openSources.mounts(at: segments)
        return method == .options ? found.first : found.first { $0.route.methods.contains(wanted) }
    }

    @concurrent
    func answer(_ mount: OpenSources.Mount) async throws -> Answer {
        if request.method == .options { return preflight() }
        let budget = BudgetShare(desk.budget)
        defer { withExtendedLifetime(budget) {} }
        let arrival = desk.now()
        let (body, fault) = try await body(mount.route.mostBytes, budget)
        var head = request.head
        // A HEAD is a GET whose body is kept back.
        if head.method == .head { head.method = .get }
        let open = OpenRequest(head: head, segments: segments, body: body, remote: remote, arrival: arrival)
        if let fault {
            // Answered with an error it would be thrown away over there, and nobody would ever know.
            try await keep(RawInput(body), because: fault)
            return Answer(contentType: "application/json", Array("{}".utf8))
        }
        let answer = try await mount.connector.answer(open, at: self)
        CrashPoint.acknowledged.reached()
        return Answer(answer.status, contentType: answer.contentType, fields: answer.fields, answer.body)
    }

    /// The fields that let a page of another host read an answer.
    func shared(_ answer: Answer) -> Answer {
        var answer = answer
        // With `*` a browser refuses what it sent its cookies with; some trackers do, and they mean nothing here.
        if let origin = request.headers[.origin] {
            answer.fields[.accessControlAllowOrigin] = origin
            answer.fields[.accessControlAllowCredentials] = "true"
            answer.fields[.vary] = "Origin"
        } else {
            answer.fields[.accessControlAllowOrigin] = "*"
        }
        answer.fields[.accessControlExposeHeaders] = "Retry-After"
        return answer
    }

    private func preflight() -> Answer {
        var answer = Answer(.noContent, contentType: "text/plain", [])
        answer.fields[.accessControlAllowMethods] = "GET, POST, OPTIONS"
        let asked = request.headers[.accessControlRequestHeaders] ?? "content-type, authorization, content-encoding"
        answer.fields[.accessControlAllowHeaders] = asked
        answer.fields[.accessControlMaxAge] = "86400"
        return answer
    }

    /// The whole body, and what is wrong with its coding.
    private func body(_ most: Int, _ budget: BudgetShare) async throws -> (bytes: [UInt8], fault: String?) {
        var bytes: [UInt8] = []
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) {
            guard length <= most else { throw Problem.tooLarge(most) }
            // No more than that for what is only announced.
            bytes.reserveCapacity(min(length, Self.madeAtOnce))
        }
        for try await buffer in request.body {
            guard bytes.count + buffer.readableBytes <= most else { throw Problem.tooLarge(most) }
            try await take(buffer.readableBytes, after: bytes.count, budget)
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        let coding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard coding != "identity" || Inflated.isGzip(bytes), !bytes.isEmpty else { return (bytes, nil) }
        guard ["gzip", "x-gzip", "deflate", "identity"].contains(coding) else {
            return (bytes, "the body's coding is none that can be read")
        }
        let inflated: [UInt8]
        do throws(Inflated.Fault) {
            inflated = try Inflated.bytes(bytes, most: max(most, 4 << 20))
        } catch {
            guard error == .broken else { throw Problem.tooLarge(most) }
            return (bytes, "the body is not \(coding), which it says it is")
        }
        // The bytes that came are let go: with both, the largest body would never be admitted.
        let first = min(bytes.count, Self.madeAtOnce)
        budget.give(first, weighed: .events)
        budget.give(bytes.count - first, weighed: .text)
        try await take(inflated.count, after: 0, budget)
        return (inflated, nil)
    }

    /// What follows the first quarter of a megabyte is made into items later, when those before it are stored.
    private func take(_ count: Int, after taken: Int, _ budget: BudgetShare) async throws {
        let first = max(0, min(count, Self.madeAtOnce - taken))
        if first > 0 { try await budget.take(first, weighed: .events) }
        if count > first { try await budget.take(count - first, weighed: .text) }
    }

    private static let madeAtOnce = 256 << 10

    // What a connector asks for.

    func source<Kind: OpenReceiver>(
        _ names: [OpenName], of kind: Kind.Type
    ) async throws -> OpenSource<Kind>? {
        let directory = try await desk.openSources.directory()
        for name in names {
            if let (entry, key) = try await entry(ofKey: name.value, directory),
                let connector = entry.connector as? Kind
            {
                guard let workspace = try await desk.workspaces.open(entry.workspace.id) else { continue }
                let voice = try Voice(key, normaliser: workspace.normaliser)
                return source(connector, entry, workspace, voice)
            }
            if let entry = directory.entry(name), let connector = entry.connector as? Kind,
                let workspace = try await desk.workspaces.open(entry.workspace.id)
            {
                return source(connector, entry, workspace, Voice(publicOf: entry.source))
            }
        }
        return nil
    }

    private func source<Kind: OpenReceiver>(
        _ connector: Kind, _ entry: OpenDirectory.Entry, _ workspace: OpenWorkspace, _ voice: Voice
    ) -> OpenSource<Kind> {
        let desk = desk
        return OpenSource(connector, isTrusted: !voice.isPublic) { body in
            workspace.read(as: voice, now: desk.now(), body)
        } storing: { parcel in
            try await workspace.admit()
            CrashPoint.received.reached()
            let intake = CountedIntake(ledger: workspace.ledger, metrics: desk.metrics)
            let receipt = try await intake.accept(
                Batch(parcel.items, source: entry.source, hits: parcel.hits, wantsProfiles: false))
            for hit in parcel.hits { desk.metrics.count(.hits, hit.kind.name) }
            return receipt
        }
    }

    /// A key of the hub in the place of a write key: one that is bound to a source, and good.
    private func entry(
        ofKey text: String, _ directory: OpenDirectory
    ) async throws -> (OpenDirectory.Entry, Key)? {
        guard text.hasPrefix("contatto_"), let key = try await desk.keys.bound(text), let source = key.source,
            let entry = directory.entry(workspace: key.workspace, source: source)
        else { return nil }
        return (entry, key)
    }

    func keep(_ raw: RawInput, because detail: String) async throws {
        let directory = try await desk.openSources.directory()
        // Where there are several nobody can say whose it is, and nobody is shown another's.
        guard directory.workspaces.count == 1, let only = directory.workspaces.first,
            let workspace = try await desk.workspaces.open(only.id)
        else { throw Problem.nobodys }
        guard desk.openSources.mayKeep(raw.bytes.count + 256) else { throw Problem.tooManyStrays }
        try await workspace.admit()
        let intake = CountedIntake(ledger: workspace.ledger, metrics: desk.metrics)
        _ = try await intake.accept(
            Batch([IntakeItem(.failure(Refusal(.sourceUnknown, detail)), raw: raw)], wantsProfiles: false))
    }
}

extension Problem {
    /// It may be a key that is about to be made, or one that was mistyped: whoever sends it keeps it until it is known here.
    static let nobodys = Problem(
        .serviceUnavailable, "source_unknown", "Nobody here is called that",
        "no source of this hub answers to the write key, site or app that the request names",
        whatToDo: "check the key; `contatto source test NAME` says what a source answers to", fields: retry(300))

    static let tooManyStrays = Problem(
        .tooManyRequests, "too_many_strays", "Too much comes that is nobody's",
        "no source answers to what these requests name, and enough of them is kept",
        whatToDo: "check the write key, and send it again after the stated seconds", fields: retry(60))
}
