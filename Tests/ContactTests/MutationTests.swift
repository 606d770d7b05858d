import Testing

@testable import Contact

@Suite struct MutationTests {
    /// Whatever a sender does to a line, the answer is an interaction PostgreSQL can hold or a typed refusal.
    @Test func `ten thousand damaged lines are read or refused, and none does harm`() throws {
        var generator = Seeded(20_261_121)
        let valid = Array(InteractionReaderTests.full.utf8)
        var reader = InteractionReader(.init(remembered: 500))
        var read = 0
        for _ in 0..<10_000 {
            var line = valid
            for _ in 0..<Int.random(in: 1...2, using: &generator) { damage(&line, &generator) }
            guard case .success(let found) = reader.read(line, arrival: InteractionReaderTests.arrival) else {
                continue
            }
            read += 1
            let body = try JSONValue(found.body)
            #expect(body.kind == .object && body.marks.isDisjoint(with: .dirty))
            #expect(String(validating: found.body, as: UTF8.self) != nil)
            #expect(!found.facet.identifiers.isEmpty && !found.id.isEmpty)
            for trait in found.traits { #expect(try JSONValue(trait.value).canonical == trait.value) }
        }
        #expect(read > 500 && read < 9_500, "\(read) of 10000 were read")
    }

    private func damage(_ line: inout [UInt8], _ generator: inout Seeded) {
        guard !line.isEmpty else { return }
        let place = Int.random(in: 0..<line.count, using: &generator)
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: line[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: line.remove(at: place)
        case 2: line.insert(Array("{}[]\",:\\0e-".utf8).randomElement(using: &generator) ?? 0, at: place)
        case 3: line.removeSubrange(place..<min(line.count, place + Int.random(in: 1...40, using: &generator)))
        case 4: line.insert(contentsOf: line[place..<min(line.count, place + 30)], at: place)
        case 5:
            let escapes = ["\\u0000", "\\ud83d", "\\u00e8", "\u{FFFD}", "null", "1e999", "é", "\\uDE00"]
            line.insert(contentsOf: Array((escapes.randomElement(using: &generator) ?? "").utf8), at: place)
        default: line.swapAt(place, Int.random(in: 0..<line.count, using: &generator))
        }
    }

    /// Printed for people, asserted by the benchmarks.
    @Test func `the speed of reading is printed`() throws {
        let clock = ContinuousClock()
        let count = 20_000
        let line = #"""
            {"id":"ord-00000000","source":"shop","channel":"store","kind":"order.placed","occurred_at":"2026-11-21T20:52:07.343+01:00","identifiers":[{"kind":"email","value":"cliente@example.it","assurance":"verified"},{"kind":"customer_number","scope":"crm","value":"1042"}],"attributes":{"name":"Mario Rossi"},"message":{"id":"m1","subject":"Il suo ordine","text":"Grazie, lo abbiamo ricevuto e parte domani."},"amount":{"minor":1250,"currency":"EUR"},"detail":{"rows":[{"sku":"A1","n":2}]}}
            """#
        var bytes = Array(line.utf8)
        var reader = InteractionReader(.init())
        let key = ContentKey(Array(0..<32))
        var objects: Set<ObjectIdentifier> = []
        let reading = try clock.measure {
            for number in 0..<count {
                for digit in 0..<8 { bytes[14 - digit] = 0x30 + UInt8(number >> (3 * digit) & 7) }
                let found = try reader.read(bytes, arrival: InteractionReaderTests.arrival).get()
                objects.insert(ObjectIdentifier(found.facet))
            }
        }
        let ids = clock.measure {
            for number in 0..<count { _ = key.interaction(source: Int64(number), id: "ord-00000000", customer: "") }
        }
        let normaliser = Normaliser()
        let phones = try clock.measure {
            for _ in 0..<2_000 { _ = try normaliser.identifier(kind: "phone", scope: nil, value: "347 1234567") }
        }
        #expect(objects.count == 1)
        print(
            "reading \(bytes.count) bytes: \(reading / count), an id: \(ids / count), a phone: \(phones / 2000)"
        )
    }
}
