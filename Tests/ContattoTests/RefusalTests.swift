internal import Contact
import Foundation
import Testing

/// Each reason for a refusal: the bad line is kept with it, and the good line after it is stored.
@Suite struct RefusalTests {
    private static let good =
        #"{"id":"good","source":"shop","identifiers":[{"kind":"email","value":"anna@example.it"}]}"#
    private static let identifiers = #""identifiers":[{"kind":"email","value":"luca@example.it"}]"#

    struct Case: CustomTestStringConvertible {
        let reason: RefusalReason
        let line: [UInt8]
        let arguments: [String]
        var testDescription: String { reason.rawValue }

        init(_ reason: RefusalReason, _ line: String, _ arguments: [String] = []) {
            self.init(reason, Array(line.utf8), arguments)
        }

        init(_ reason: RefusalReason, _ line: [UInt8], _ arguments: [String] = []) {
            self.reason = reason
            self.line = line
            self.arguments = arguments
        }
    }

    static let cases: [Case] = [
        Case(.malformedJSON, #"{"id":"bad","#),
        Case(.unknownField, #"{"id":"bad","source":"shop","colour":"red",\#(identifiers)}"#),
        Case(
            .tooLarge,
            #"{"id":"bad","source":"shop",\#(identifiers),"detail":{"text":"\#(String(repeating: "x", count: 1_100_000))"}}"#
        ),
        Case(
            .tooDeep,
            #"{"id":"bad","source":"shop",\#(identifiers),"detail":{"x":\#(String(repeating: "[", count: 100))\#(String(repeating: "]", count: 100))}}"#
        ),
        notUTF8,
        Case(.noIdentifier, #"{"id":"bad","source":"shop","identifiers":[]}"#),
        Case(
            .identifierInvalid,
            #"{"id":"bad","source":"shop","identifiers":[{"kind":"email","value":"not an address"}]}"#),
        Case(
            .identifierBlocked,
            #"{"id":"bad","source":"shop","identifiers":[{"kind":"user_id","scope":"site","value":"null"}]}"#),
        Case(.timeImpossible, #"{"id":"bad","source":"shop","occurred_at":"2199-01-01T00:00:00Z",\#(identifiers)}"#),
        Case(.unparsableMessage, #"{"id":"bad","source":"shop","message":{"text":7},\#(identifiers)}"#),
        Case(.sourceUnknown, #"{"id":"bad",\#(identifiers)}"#),
        Case(
            .assuranceTooHigh,
            #"{"id":"bad","source":"shop","identifiers":[{"kind":"email","value":"l@example.it","assurance":"verified"}]}"#,
            ["--trust", "presented"]),
        Case(
            .expired, #"{"id":"bad","source":"shop","occurred_at":"2001-01-01T00:00:00Z",\#(identifiers)}"#,
            ["--workspace", "brief"]),
    ]

    private static var notUTF8: Case {
        // 0xFF stands in no UTF-8 text; in an identifier it cannot be repaired.
        let beginning = #"{"id":"bad","source":"shop","identifiers":[{"kind":"user_id","scope":"site","value":"a"#
        return Case(.notUTF8, Array(beginning.utf8) + [0xFF] + Array(#""}]}"#.utf8))
    }

    @Test func `every reason has a case`() {
        #expect(Set(Self.cases.map(\.reason)) == Set(RefusalReason.allCases))
    }

    @Test(arguments: cases) func `a refused line is kept, and the good one after it is stored`(one: Case) async throws {
        let commands = try await Commands.migrated()
        if one.arguments.contains("brief") {
            #expect(try await commands.run(["workspace", "add", "brief", "--retention", "12"]).status == 0)
        }
        let input = Data(one.line + [10]) + Data(Self.good.utf8)
        let result = try await commands.run(["import", "interactions", "-"] + one.arguments, input: input)
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.output == "accepted 1, known 0, refused 1\n")
        #expect(result.errors.contains("line 1: \(one.reason.rawValue): "))
        #expect(result.errors.contains(one.reason.whatToDo))

        let kept = try await commands.query("SELECT reason, length::text, encode(raw, 'hex') FROM refusal")
        let hex = one.line.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(kept == [[one.reason.rawValue, String(one.line.count), hex]])
        #expect(try await commands.query("SELECT body->>'id' FROM interaction") == [["good"]])

        let again = try await commands.run(["import", "interactions", "-"] + one.arguments, input: input)
        #expect(again.output == "accepted 0, known 1, refused 1\n")
        #expect(try await commands.query("SELECT count(*)::text FROM refusal") == [["1"]])
        try await commands.drop()
    }

    @Test func `a channel that no source can have is refused, and does not stop the others`() async throws {
        let commands = try await Commands.migrated()
        let odd = #"{"id":"bad","source":"pos","channel":"store.web",\#(Self.identifiers)}"#
        let result = try await commands.run(
            ["import", "interactions", "-"], input: Data(Self.good.utf8 + [10] + odd.utf8 + [10]))
        #expect(result.output == "accepted 1, known 0, refused 1\n", "\(result.errors)")
        #expect(result.errors.contains("line 2: malformed_json: channel"))
        try await commands.drop()
    }

    @Test func `a byte order mark, CRLF and blank lines do not matter`() async throws {
        let commands = try await Commands.migrated()
        let input = [0xEF, 0xBB, 0xBF] + Array(Self.good.utf8) + Array("\r\n\r\n \t\n".utf8)
        let result = try await commands.run(["import", "interactions", "-"], input: Data(input))
        #expect(result.output == "accepted 1, known 0, refused 0\n", "\(result.errors)")
        #expect(result.status == 0)
        try await commands.drop()
    }

    @Test func `of a line beyond 25 MB the beginning, the length and the hash are kept`() async throws {
        let commands = try await Commands.migrated()
        let long = [UInt8](repeating: 0x78, count: 26_000_000)
        let input =
            Data(Self.good.utf8) + Data([10]) + Data(long) + Data([10])
            + Data(Self.good.replacing("good", with: "after").utf8)
        let result = try await commands.run(["import", "interactions", "-"], input: input)
        #expect(result.output == "accepted 2, known 0, refused 1\n")
        #expect(result.errors.contains("line 2: too_large"))
        let kept = try await commands.query(
            "SELECT reason, octet_length(raw)::text, length::text, encode(sha256, 'hex') FROM refusal")
        let hash = Digest.sha256(long).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(kept == [["too_large", "65536", "26000000", hash]])
        #expect(
            try await commands.query("SELECT body->>'id' FROM interaction ORDER BY 1") == [["after"], ["good"]])
        try await commands.drop()
    }
}
