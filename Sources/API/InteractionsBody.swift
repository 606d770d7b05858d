internal import Contact

/// What the body of `POST /v1/interactions` turns out to be, as far as it was read to tell.
enum InteractionsBody {
    /// One object, or an array of them: read whole.
    case text([UInt8])
    /// One object a line; the beginning of it.
    case lines([UInt8])

    /// Bytes a JSON text may have; lines may be any number.
    static let mostBytes = 8 << 20
    /// Elements an array may have.
    static let mostElements = 10_000
    private static let firstLineBytes = 1 << 20
    /// Lines looked at to tell whether a text that is not JSON is lines.
    private static let mostTries = 1_000
    private static let blank: [UInt8] = [0x20, 0x09, 0x0D, 0x0A]

    /// By its Content-Type, else by what stands in it: where the first line is a whole object by itself, it is lines.
    static func read(_ pieces: Pieces, contentType: String?, budget: BudgetShare) async throws -> InteractionsBody {
        if isNDJSON(contentType) { return .lines([]) }
        var bytes: [UInt8] = []
        var isUndecided = true
        var searched = 0
        while let piece = try await pieces.next() {
            guard bytes.count + piece.count <= mostBytes else { throw Problem.tooLarge(mostBytes) }
            try await budget.take(piece.count, weighed: .text)
            bytes.append(contentsOf: piece)
            while isUndecided, let end = bytes[searched...].firstIndex(of: 10) {
                if isBlank(bytes[..<end]) {
                    // Empty lines before the first one that holds something.
                    bytes.removeSubrange(...end)
                    searched = 0
                } else if isObject(Array(bytes[..<end])) {
                    return .lines(bytes)
                } else {
                    isUndecided = false
                }
            }
            searched = bytes.count
            if searched > firstLineBytes { isUndecided = false }
        }
        guard !isBlank(bytes[...]) else {
            throw Problem.badRequest(
                "body_empty", "The body is empty", "the request holds no interaction",
                "send one interaction, an array of them, or one a line")
        }
        return hasObjectLine(bytes) && !isJSON(bytes) ? .lines(bytes) : .text(bytes)
    }

    /// Whether a line after the first is a whole object by itself: then one bad line must not cost those around it.
    /// What begins as an array is none of it: its elements may well stand one a line.
    private static func hasObjectLine(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first(where: { !blank.contains($0) }), first != UInt8(ascii: "["),
            var start = bytes.firstIndex(of: 10)
        else { return false }
        var tries = 0
        while start < bytes.endIndex, tries < mostTries {
            let end = bytes[(start + 1)...].firstIndex(of: 10) ?? bytes.endIndex
            let line = bytes[(start + 1)..<end]
            if line.first == UInt8(ascii: "{") {
                tries += 1
                if isObject(Array(line)) { return true }
            }
            start = end
        }
        return false
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        do throws(Refusal) {
            _ = try JSONValue(bytes)
            return true
        } catch {
            return false
        }
    }

    /// The items of a JSON text: the elements of an array, else the one there is, well-formed or not.
    static func items(
        _ text: [UInt8], _ reader: inout InteractionReader, arrival: Int64
    ) throws(Problem) -> [IntakeItem] {
        let elements: [JSONValue]?
        do throws(Refusal) { elements = try JSONValue(text).elements } catch {
            // Not JSON as a whole: one item, kept with the reason.
            return [IntakeItem(.failure(error), raw: RawInput(text))]
        }
        guard let elements else {
            return [IntakeItem(reader.read(text, arrival: arrival), raw: RawInput(text))]
        }
        guard elements.count <= mostElements else { throw .tooLarge(mostBytes) }
        guard !elements.isEmpty else {
            throw Problem.badRequest(
                "body_empty", "The array is empty", "the request holds no interaction", "send at least one interaction")
        }
        return elements.map { element in
            let outcome = reader.read(text.span.extracting(element.range), arrival: arrival)
            return IntakeItem(outcome, raw: RawInput(Array(text[element.range])))
        }
    }

    private static func isNDJSON(_ contentType: String?) -> Bool {
        let type = contentType?.split(separator: ";").first?.lowercased().filter { $0 != " " } ?? ""
        return ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"]
            .contains(type)
    }

    private static func isBlank(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { blank.contains($0) }
    }

    private static func isObject(_ line: [UInt8]) -> Bool {
        do throws(Refusal) {
            return try JSONValue(line).kind == .object
        } catch {
            return false
        }
    }
}

/// What one request has taken of the budget that all share.
final class BudgetShare: Sendable {
    private let budget: Budget
    private let taken = Counted()

    init(_ budget: Budget) { self.budget = budget }

    deinit { budget.give(taken.value) }

    /// How many bytes are held for each that came, at the most: with what is made of it until it is stored.
    enum Weight: Int {
        /// Of lines only some batches are read at a time.
        case lines = 2
        /// Held by a connector, and again in the parts it is taken apart into.
        case received = 3
        /// The text, its nodes, each element's copy and what is read out of it.
        case text = 4
        /// The same of events, until they are stored: many small batches at once took 7 kB an event of half a kilobyte, and as
        /// much again stayed with the allocator (`benchmarks --web`, 256 connections). Of a long body only some events are
        /// made into items at a time.
        case events = 32
    }

    /// Takes bytes, waiting some seconds where there are none.
    func take(_ bytes: Int, weighed weight: Weight) async throws {
        let deadline = ContinuousClock.now + .seconds(3)
        while !tryTake(bytes * weight.rawValue) {
            guard ContinuousClock.now < deadline else { throw Problem.busy }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func tryTake(_ bytes: Int) -> Bool {
        guard budget.take(bytes) else { return false }
        taken.add(bytes)
        return true
    }

    func give(_ bytes: Int, weighed weight: Weight) {
        taken.add(-bytes * weight.rawValue)
        budget.give(bytes * weight.rawValue)
    }
}
