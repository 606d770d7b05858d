internal import Contact
internal import Delivery
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import Postgres
internal import Storage

// Changes as they come: a page, or a stream of server-sent events (WHATWG HTML, 9.2).

extension Exchange {
    /// How often a silent stream says that it is there.
    private static let heartbeat: Duration = .seconds(15)
    private static let pageOfStream = 1_000

    /// Answers with changes in the form that the request accepts; the status it answered with.
    @concurrent
    func changes(_ slot: inout ResponseWriter?) async throws -> Int {
        let pages = FeedPages(workspace: workspace)
        let accepted = request.headers[.accept] ?? ""
        let isStream = accepted.contains("text/event-stream")
        let last = isStream ? HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] } : nil
        try refuseUnaudited()
        let wish = try await pages.wish(self, isStream: isStream, last: last)
        // One row a page or stream, when it begins: a stream may last for days.
        try await note(200, asked: wish.filter.profile)
        if isStream {
            try await stream(wish, pages, &slot)
            return 200
        }
        let page = try await untilStopping { try await pages.page(wish) }
        let answer = try await pages.answer(
            page, wish, isBatch: accepted.contains("application/cloudevents-batch+json"))
        if let writer = slot.take() {
            try await Responder(desk: desk).write(answer, isHead: request.method == .head, writer)
        }
        return answer.status.code
    }

    /// Ends what waits when the hub stops.
    private func untilStopping<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws
        -> Value
    {
        let task = Task { try await work() }
        let place = desk.stopping.tell { task.cancel() }
        defer { desk.stopping.leave(place) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    @concurrent
    private func stream(_ wish: FeedPages.Wish, _ pages: FeedPages, _ slot: inout ResponseWriter?) async throws {
        // Before the head goes out: a cursor that cannot be used is told with its status.
        _ = try FeedPages.page(
            try await workspace.tail.journal.page(after: wish.after, limit: 1, filter: wish.filter), in: workspace)
        guard let writer = slot.take() else { return }
        var body: any ResponseBodyWriter = try await writer.writeHead(
            HTTPResponse(
                status: .ok,
                headerFields: [
                    .contentType: "text/event-stream", .cacheControl: "no-store", .date: HTTPDate.text(desk.now()),
                ]))
        if request.method != .head {
            try await body.write(ByteBuffer(string: "retry: 3000\n\n"))
            let isStopping = Monitor(false)
            let moved = workspace.tail.moved
            let bell = workspace.bell
            let place = desk.stopping.tell {
                isStopping.withLock { $0 = true }
                moved.sound()
                bell.sound()
            }
            defer { desk.stopping.leave(place) }
            let hasEnded: @Sendable () -> Bool = { isStopping.withLock { $0 } || Task.isCancelled }
            if wish.payload == .thin, wish.filter.profile == nil {
                workspace.tail.join()
                defer { workspace.tail.leave() }
                try await follow(wish, &body, hasEnded)
            } else {
                try await read(wish, pages, &body, hasEnded)
            }
        }
        try await body.finish(nil)
    }

    /// Takes what all read together; what is older, by itself.
    @concurrent
    private func follow(
        _ wish: FeedPages.Wish, _ body: inout any ResponseBodyWriter, _ hasEnded: @escaping @Sendable () -> Bool
    ) async throws {
        let tail = workspace.tail
        var cursor = wish.after
        var spoken = ContinuousClock.now
        while !hasEnded() {
            let rung = tail.moved.count
            switch tail.after(cursor) {
            case .sheets(let sheets):
                for sheet in sheets {
                    let text = sheet.text(after: cursor.position, types: wish.filter.types)
                    cursor.position = sheet.upTo
                    guard !text.isEmpty else { continue }
                    try await body.write(ByteBuffer(bytes: text))
                    spoken = .now
                }
                if sheets.isEmpty { try await pause(tail.moved, beyond: rung, &spoken, &body) }
            case .elsewhere:
                let page = try FeedPages.page(
                    try await tail.journal.page(after: cursor, limit: Self.pageOfStream, filter: wish.filter),
                    in: workspace)
                let sheet = Tail.sheet(page, after: cursor, workspace: workspace.workspace.id)
                if !sheet.text.isEmpty {
                    try await body.write(ByteBuffer(bytes: sheet.text))
                    spoken = .now
                }
                // Nobody has read yet, or the journal has just moved on.
                if page.next == cursor { try await pause(tail.moved, beyond: rung, &spoken, &body) }
                cursor = page.next
            }
        }
    }

    /// Reads the journal by itself: what is said differs from reader to reader.
    @concurrent
    private func read(
        _ wish: FeedPages.Wish, _ pages: FeedPages, _ body: inout any ResponseBodyWriter,
        _ hasEnded: @escaping @Sendable () -> Bool
    ) async throws {
        let journal = workspace.tail.journal
        var cursor = wish.after
        var spoken = ContinuousClock.now
        while !hasEnded() {
            let rung = workspace.bell.count
            let page = try FeedPages.page(
                try await journal.page(after: cursor, limit: Self.pageOfStream, filter: wish.filter), in: workspace)
            let known = try await pages.known(page, wish.payload)
            let sheet = Tail.sheet(page, after: cursor, workspace: workspace.workspace.id, known: known)
            if !sheet.text.isEmpty {
                try await body.write(ByteBuffer(bytes: sheet.text))
                spoken = .now
            }
            cursor = page.next
            if page.isLast { try await pause(workspace.bell, beyond: rung, &spoken, &body) }
        }
    }

    /// Waits for what comes; says now and then that the stream stands, which also finds out whether anybody listens.
    @concurrent
    private func pause(
        _ bell: Bell, beyond rung: UInt64, _ spoken: inout ContinuousClock.Instant,
        _ body: inout any ResponseBodyWriter
    ) async throws {
        // With nobody to ring, as where another process writes, a look each second finds what is new.
        let patience = bell === workspace.tail.moved ? Self.heartbeat : .seconds(1)
        await bell.wait(beyond: rung, atMost: patience)
        guard ContinuousClock.now - spoken >= Self.heartbeat else { return }
        try await body.write(ByteBuffer(string: ":\n\n"))
        spoken = .now
    }
}
