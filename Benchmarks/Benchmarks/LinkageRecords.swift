internal import Contact
internal import Foundation
internal import GroundTruth

/// Generated records of customers with doubles and errors, in the two forms in which they are compared: a table for a batch
/// linker, and interactions for the hub. Both say the same: names, birth date, address, e-mail and telephone.
struct LinkageRecords {
    private static let header = "unique_id,given_name,surname,dob,street,city,postcode,email,phone"

    /// In the columns of `DirtyRecords.header`.
    let rows: [[String]]
    /// Begins each record's id.
    let prefix: String

    /// So many records, and some more whose persons are the same.
    init(_ count: Int, seed: UInt64, prefix: String) {
        self.prefix = prefix
        // About 1.8 rows a person; the rows are in random order, so that any part of them is a sample.
        rows = Array(DirtyRecords(persons: count * 100 / 175 + 50, seed: seed).rows.prefix(count))
    }

    var truth: [String] { rows.map { $0[11] } }

    func writeTable(_ range: Range<Int>, to file: URL) throws {
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        var text = Self.header + "\n"
        for number in range {
            let row = rows[number]
            let values = [row[0], row[1], row[2], street(row), row[6], row[7], row[8], row[9]]
            text += "\(prefix)\(number)," + values.map { $0.isEmpty ? "" : "\"\($0)\"" }.joined(separator: ",") + "\n"
            try Self.flush(&text, to: handle, atLeast: 1 << 20)
        }
        try Self.flush(&text, to: handle, atLeast: 0)
        try handle.close()
    }

    func writeLines(_ range: Range<Int>, to handle: FileHandle) throws {
        var text = ""
        for number in range {
            text += line(number) + "\n"
            try Self.flush(&text, to: handle, atLeast: 1 << 20)
        }
        try Self.flush(&text, to: handle, atLeast: 0)
    }

    private static func flush(_ text: inout String, to handle: FileHandle, atLeast bytes: Int) throws {
        guard text.utf8.count > bytes else { return }
        try handle.write(contentsOf: Data(text.utf8))
        text = ""
    }

    /// A record as a ticket: its requester is nobody else's, so that nothing but what it says can join it. An address or a
    /// number that is none, by a slip of the fingers, is left out: the hub would refuse the line.
    func line(_ number: Int, withAttributes: Bool = true) -> String {
        let row = rows[number]
        let id = "\(prefix)\(number)"
        var shown = [#"{"kind":"ticket_requester","scope":"desk","value":"\#(id)","assurance":"presented"}"#]
        var attributes = ""
        if withAttributes {
            for (kind, value) in [("email", row[8]), ("phone", row[9])] where Self.isOne(value, kind) {
                shown.append(#"{"kind":"\#(kind)","value":"\#(value)","assurance":"claimed"}"#)
            }
            let name = [row[0], row[1]].filter { !$0.isEmpty }.joined(separator: " ")
            let address = Self.members([("street", street(row)), ("city", row[6]), ("postcode", row[7])])
            let all = [
                Self.members([("name", name), ("birth_date", row[2])]),
                address.isEmpty ? "" : #""address":{\#(address)}"#,
            ]
            attributes = #","attributes":{\#(all.filter { !$0.isEmpty }.joined(separator: ","))}"#
        }
        return
            #"{"id":"\#(id)","source":"desk","channel":"ticket","kind":"ticket.opened","occurred_at":"2026-11-11T10:00:00Z","#
            + #""identifiers":[\#(shown.joined(separator: ","))]\#(attributes)}"#
    }

    /// What is not empty, as members of an object; nothing that is generated has to be escaped.
    private static func members(_ values: [(name: String, value: String)]) -> String {
        values.filter { !$0.value.isEmpty }.map { #""\#($0.name)":"\#($0.value)""# }.joined(separator: ",")
    }

    /// As it is written on a letter.
    private func street(_ row: [String]) -> String {
        let street = [row[4], row[3]].filter { !$0.isEmpty }.joined(separator: " ")
        return [street, row[5]].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    private static func isOne(_ value: String, _ kind: String) -> Bool {
        guard !value.isEmpty else { return false }
        do throws(Refusal) {
            _ = try Normaliser().identifier(kind: kind, scope: nil, value: value)
            return true
        } catch {
            return false
        }
    }
}
