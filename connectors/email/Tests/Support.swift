import Contact
import Foundation
import Testing

@testable import EmailConnector

/// 2026-11-03T00:00:00Z: when the mails of the fixtures arrive.
let arrived = Arrival(time: 1_793_664_000_000_000)

func mailSettings(_ values: [String: String] = [:], source: String = "email") throws -> EmailSettings {
    var all = ["own": "bottega.example, negozio@gmail.com", "authserv": "mx.bottega.example", "trust": "verified"]
    all.merge(values) { $1 }
    return try EmailSettings(SourceSettings(source: source, values: all, normaliser: Normaliser(region: "IT")))
}

func items(_ bytes: [UInt8], _ settings: EmailSettings? = nil) throws -> [IntakeItem] {
    MailReader(try settings ?? mailSettings()).items(RawInput(bytes), arrival: arrived)
}

func items(_ text: String) throws -> [IntakeItem] { try items(Array(text.utf8)) }

func interaction(_ text: String) throws -> Interaction { try #require(items(text).first).outcome.get() }

/// The fixtures lie beside the test's bundle.
enum Fixture {
    static let folder = Bundle.module.bundleURL.appending(path: "Fixtures")

    static let names: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".eml") }.map { String($0.dropLast(4)) }.sorted()

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(name).eml")))
    }

    static func expectation(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: "\(name).txt"), encoding: .utf8)
    }
}

/// What a mail was read as, in lines that a person can check.
func summary(_ items: [IntakeItem]) -> String {
    items.map { item in
        switch item.outcome {
        case .failure(let refusal): return "refused \(refusal.reason.rawValue): \(refusal.detail)\n"
        case .success(let one):
            var lines = [
                "\(one.kind) \(one.direction == .inbound ? "in" : "out") at \(Timestamp.text(one.occurredAt))",
                "id \(one.id)", "customer \(one.customer)", "thread \(one.thread ?? "none")",
            ]
            lines += one.facet.identifiers.map { "\($0.assurance.name) \($0.identifier)" }
            lines += one.facet.attributes.map { "\($0.name)=\($0.value)" }
            lines.append("subject \(one.message?.subject ?? "none")")
            let text = one.message?.text ?? ""
            lines += text.split(separator: "\n", omittingEmptySubsequences: false).map { "| \($0)" }
            lines.append(String(decoding: one.body, as: UTF8.self))
            return lines.joined(separator: "\n") + "\n"
        }
    }.joined(separator: "\n")
}

/// A folder of the test's own, taken away afterwards.
func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let name = "contatto-mail-\(UInt64.random(in: 0 ... .max))"
    let folder = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
