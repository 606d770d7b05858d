import Testing

@testable import Contact

@Suite struct JSONTapeTests {
    static let sound: [String] = [
        "{}", "[]", " [ ] ", "null", "true", "false", "\"\"", "0", "-0", "-0.0", "1e9", "1E+9", "1.5e-9", "123",
        "[1,2,[3,{\"a\":[]}]]", "{\"a\":1,\"b\":{\"a\":2}}", "\t\r\n{\"a\" : null }\n",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u00e8\\uD83D\\uDE00\"", "\"\u{7F}\"", "\"perch\u{E9} \u{1F600}\"", "{\"\":0}",
        "{\"a\":1,\"A\":2,\"\\u0062\":3}", "12345678901234567890123456789",
    ]

    @Test(arguments: sound)
    func `what the standard allows is read`(_ text: String) throws {
        let value = try JSONValue(Array(text.utf8))
        #expect(value.marks.isDisjoint(with: .dirty))
        let again = try JSONValue(value.canonical)
        #expect(again.canonical == value.canonical)
    }

    static let unsound: [String] = [
        "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}",
        "{\"a\":1}}", "{} {}", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", ".5", "1.", "1.e5",
        "1e", "1e+", "0x10", "1e1000", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "\"\n\"",
        "\"\u{0}\"", "[1 2]", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
        "[{\"b\":{\"x\":1,\"x\":1}}]", "\u{FEFF}{}", "/**/{}", "[1]//",
    ]

    @Test(arguments: unsound)
    func `what the standard forbids, and keys that stand twice, are refused`(_ text: String) {
        #expect(reason(Array(text.utf8)) == .malformedJSON)
    }

    @Test func `keys that stand twice are found among many`() {
        let keys = (0..<5_000).map { "\"k\($0)\":0" }
        #expect(reason(Array("{\(keys.joined(separator: ","))}".utf8)) == nil)
        #expect(reason(Array("{\((keys + ["\"k17\":1"]).joined(separator: ","))}".utf8)) == .malformedJSON)
    }

    @Test func `nesting is bounded`() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(reason(nested(32)) == nil)
        #expect(reason(nested(33)) == .tooDeep)
        #expect(reason(Array(String(repeating: "{\"a\":", count: 100_000).utf8)) == .tooDeep)
    }

    @Test func `escapes and pairs of surrogates become their text`() throws {
        let value = try JSONValue(Array(#"["a\"\\\/\b\f\n\r\tz","\u00e8\uD83D\uDE00"]"#.utf8))
        #expect(value.elements?.map(\.string) == ["a\"\\/\u{8}\u{C}\n\r\tz", "\u{E8}\u{1F600}"])
    }

    @Test func `what cannot be stored is repaired and marked`() throws {
        let lone = try JSONValue(Array(#"["\ud83d","\ude00x","\ud83d\u0041","\ud83d\ud83d\ude00"]"#.utf8))
        #expect(lone.marks.contains(.badUTF8))
        #expect(
            lone.elements?.map(\.string) == ["\u{FFFD}", "\u{FFFD}x", "\u{FFFD}A", "\u{FFFD}\u{1F600}"])
        let nul = try JSONValue(Array(#"{"a":["x\u0000y"]}"#.utf8))
        #expect(nul.marks.contains(.nul) && !nul.marks.contains(.badUTF8))
        #expect(String(decoding: nul.storable, as: UTF8.self) == "{\"a\":[\"x\u{FFFD}y\"]}")
        let bytes = try JSONValue([0x22, 0x61, 0xC3, 0x28, 0x22])
        #expect(bytes.string == "a\u{FFFD}(" && bytes.marks == .badUTF8)
    }

    @Test func `what is clean is copied as it came`() throws {
        let text = #"{ "b" : [1.50, "\u00e8\/"], "a":true }"#
        let value = try JSONValue(Array(text.utf8))
        #expect(String(decoding: value.storable, as: UTF8.self) == text)
        #expect(String(decoding: value.canonical, as: UTF8.self) == "{\"a\":true,\"b\":[1.50,\"\u{E8}/\"]}")
        let b = try #require(value["b"])
        #expect(text.utf8.dropFirst(b.range.lowerBound).starts(with: #"[1.50"#.utf8))
    }

    @Test func `values are read by kind`() throws {
        let value = try JSONValue(Array(#"{"n":-12,"f":1.5,"s":"x","t":true,"a":[1,[2,3],4],"z":null}"#.utf8))
        #expect(value["n"]?.integer == -12)
        #expect(value["f"]?.integer == nil && value["f"]?.number == "1.5")
        #expect(value["s"]?.string == "x" && value["t"]?.bool == true && value["z"]?.kind == .null)
        #expect(value["a"]?.elements?.count == 3 && value["a"]?.elements?[1].elements?.count == 2)
        #expect(value["missing"] == nil && value.members?.count == 6)
    }

    private func reason(_ bytes: [UInt8]) -> RefusalReason? {
        do throws(Refusal) {
            _ = try JSONValue(bytes)
            return nil
        } catch {
            return error.reason
        }
    }
}

@Suite struct ScratchTapeTests {
    /// What one text was read on reads the next one: never what a value holds.
    @Test(arguments: [40, 400, 4_000])
    func `values that come and go keep what they hold`(_ length: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var held: [(number: Int, value: JSONValue)] = []
                    for number in 0..<400 {
                        let members = (0..<length / 20).map { #""k\#($0)":[\#(number),\#(worker)]"# }
                        let filler = members.joined(separator: ",")
                        let value = try JSONValue(Array(#"{"n":\#(number),\#(filler)}"#.utf8))
                        if number.isMultiple(of: 3) { held.append((number, value)) }
                        if held.count > 5 { held.removeFirst(3) }
                        for (number, value) in held {
                            #expect(value["n"]?.integer == Int64(number))
                            #expect(value["k1"]?.elements?.map(\.integer) == [Int64(number), Int64(worker)])
                            #expect(value.members?.count == length / 20 + 1)
                        }
                        #expect(throws: Refusal.self) { try JSONValue(Array(#"{"n":\#(number),\#(filler)"#.utf8)) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Under the thread sanitizer: nothing that two have read is written again.
    @Test func `values that two read at once do not disturb the next ones`() async throws {
        let filler = (0..<60).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
        let text = Array("{\(filler)}".utf8)
        for _ in 0..<400 {
            let value = try JSONValue(text)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { [value] in
                        #expect(value["k59"]?.integer == 59)
                        let next = try JSONValue(text)
                        #expect(next["k7"]?.integer == 7)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
