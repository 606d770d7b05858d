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

    /// By its Content-Type, else by what stands in it: where the first line is a whole object by itself, it is lines.
    static func read(_ pieces: Pieces, contentType: String?, budget: BudgetShare) async throws -> InteractionsBody {
        if isNDJSON(contentType) { return .lines([]) }
        var bytes: [UInt8] = []
        var isUndecided = true
        var searched = 0
        while let piece = try await pieces.next() {
            guard bytes.count + piece.count <= mostBytes else { throw Problem.tooLarge(mostBytes) }
            try await budget.take(piece.count)
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
        return .text(bytes)
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
        bytes.allSatisfy { [0x20, 0x09, 0x0D, 0x0A].contains($0) }
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

    /// Takes bytes, waiting some seconds where there are none.
    func take(_ bytes: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(3)
        while !tryTake(bytes) {
            guard ContinuousClock.now < deadline else { throw Problem.busy }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func tryTake(_ bytes: Int) -> Bool {
        guard budget.take(bytes) else { return false }
        taken.add(bytes)
        return true
    }

    func give(_ bytes: Int) {
        taken.add(-bytes)
        budget.give(bytes)
    }
}
