internal import Contact
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import Storage

/// One request that was let in.
struct Exchange: Sendable {
    let desk: Desk
    let request: Request
    let route: Route
    let values: [String]
    let key: Key
    let workspace: OpenWorkspace

    private var intake: CountedIntake { CountedIntake(ledger: workspace.ledger, metrics: desk.metrics) }

    /// Stores what the body holds, and answers; the status it answered with.
    @concurrent
    func store(_ slot: inout ResponseWriter?) async throws -> Int {
        try refuseEncoding()
        let voice = try Voice(key, normaliser: workspace.normaliser)
        let source = try query("source")
        if let own = voice.own, let source, source != own {
            throw Problem.forbidden(
                "the key speaks for its own source, and ?source= names another",
                "leave ?source= out, or use another key")
        }
        let contentType = request.headers[.contentType]
        let budget = BudgetShare(desk.budget)
        // Till all is stored and answered for, not till it was last asked.
        defer { withExtendedLifetime(budget) {} }
        var status = 0
        try await withPieces { pieces in
            switch try await InteractionsBody.read(pieces, contentType: contentType, budget: budget) {
            case .text(let text):
                let answer = try await store(text, voice, source)
                status = answer.status.code
                if let writer = slot.take() { try await Responder(desk: desk).write(answer, isHead: false, writer) }
                CrashPoint.acknowledged.reached()
            case .lines(let beginning):
                let upload = LineUpload(
                    intake: intake, workspace: workspace, voice: voice, source: source, now: desk.now)
                status = try await run(upload, beginning, pieces, budget, &slot)
            }
        }
        return status
    }

    private func store(_ text: [UInt8], _ voice: Voice, _ source: String?) async throws -> Answer {
        let now = desk.now()
        let read = workspace.read(as: voice, now: now) { reader -> Result<[IntakeItem], Problem> in
            do throws(Problem) {
                return .success(try InteractionsBody.items(text, &reader, arrival: now))
            } catch {
                return .failure(error)
            }
        }
        let items = try read.get()
        try await workspace.admit()
        CrashPoint.received.reached()
        let receipt = try await intake.accept(voice.batch(items, source: source))
        let isRefused = receipt.outcomes.allSatisfy { if case .refused = $0 { true } else { false } }
        return .json(ReceiptText.object(receipt), isRefused ? .unprocessableContent : .ok)
    }

    /// The head goes out with the first acknowledgement; what goes wrong after it is the last line.
    @concurrent
    private func run(
        _ upload: LineUpload, _ beginning: [UInt8], _ pieces: Pieces, _ budget: BudgetShare,
        _ slot: inout ResponseWriter?
    ) async throws -> Int {
        var status = 0
        var body: (any ResponseBodyWriter)?
        do {
            try await upload.run(beginning, pieces, budget: budget) { line in
                if let writer = slot.take() {
                    let isRefused = line.isRefused && line.isLast
                    status = isRefused ? 422 : 200
                    body = try await begin(isRefused ? .unprocessableContent : .ok, writer)
                }
                try await body?.write(ByteBuffer(bytes: line.bytes + [10]))
                CrashPoint.acknowledged.reached()
            }
        } catch {
            guard var writer = body, let problem = Responder.problem(error) else { throw error }
            try await writer.write(ByteBuffer(bytes: problem.body + [10]))
            try await writer.finish(nil)
            throw error
        }
        guard let writer = body else {
            throw Problem.badRequest(
                "body_empty", "The body is empty", "the request holds no interaction", "send one interaction a line")
        }
        try await writer.finish(nil)
        return status
    }

    @concurrent
    private func begin(
        _ status: HTTPResponse.Status, _ writer: consuming ResponseWriter
    ) async throws -> any ResponseBodyWriter {
        try await writer.writeHead(
            HTTPResponse(
                status: status,
                headerFields: [.contentType: "application/x-ndjson", .date: HTTPDate.text(desk.now())]))
    }

    /// Hands the request to the connector of the source.
    @concurrent
    func receive() async throws -> Answer {
        if let own = key.source, own != values[0] {
            throw Problem.forbidden("the key speaks for another source", "use this source's own key, or an admin's")
        }
        guard let receiver = try await desk.receivers.find(values[0], in: workspace.workspace) else {
            throw Problem(
                .notFound, "source_unknown", "There is no such source", "no source of this name is spoken to over HTTP",
                whatToDo: "`contatto source list` shows the sources")
        }
        let wanted = type(of: receiver).routes.filter { $0.path == values[1] }
        guard !wanted.isEmpty else { throw Problem.notFound }
        guard let route = wanted.first(where: { $0.method == request.method }) else {
            throw Problem.methodNotAllowed(wanted.map(\.method.rawValue))
        }
        try refuseEncoding()
        try await workspace.admit()
        let (arrival, intake) = (desk.now(), intake)
        let head = request.head
        var answer: ReceivedAnswer?
        let budget = BudgetShare(desk.budget)
        let held = Counted()
        // The connector holds what it was given until it answers, and lets go what is too long to be kept.
        defer { withExtendedLifetime(budget) {} }
        try await withPieces { pieces in
            let next: @Sendable () async throws -> [UInt8]? = {
                guard let piece = try await pieces.next() else { return nil }
                let kept = max(0, min(piece.count, RawInput.mostWhole - held.value))
                held.add(kept)
                try await budget.take(kept, weighed: .received)
                return piece
            }
            let body = ReceivedBody { next }
            answer = try await receiver.receive(
                ReceivedRequest(route: route, head: head, body: body, arrival: arrival), into: intake)
        }
        guard let answer else { throw Problem.failure }
        return Answer(answer.status, contentType: answer.contentType, answer.body)
    }

    /// Runs with the body being read beside it, until the work is done or the hub stops.
    @concurrent
    func withPieces(_ work: @concurrent (Pieces) async throws -> Void) async throws {
        let pieces = Pieces()
        let place = desk.stopping.tell { pieces.end(.failure(Problem.stopping)) }
        defer { desk.stopping.leave(place) }
        let body = request.body
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pieces.fill(from: body) }
            defer {
                pieces.end(.failure(CancellationError()))
                group.cancelAll()
            }
            try await work(pieces)
        }
    }

    func refuseEncoding() throws(Problem) {
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard encoding == "identity" else {
            throw Problem(
                .unsupportedMediaType, "encoding_unknown", "The body is encoded",
                "its Content-Encoding is not identity",
                whatToDo: "send the body as it is")
        }
    }

    /// A value of the query string.
    func query(_ name: String) throws(Problem) -> String? {
        let path = request.head.path ?? ""
        guard let mark = path.firstIndex(of: "?") else { return nil }
        for pair in path[path.index(after: mark)...].split(separator: "&") {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            guard pair[..<equals] == name else { continue }
            return try Route.decoded(equals == pair.endIndex ? "" : pair[pair.index(after: equals)...])
        }
        return nil
    }
}
