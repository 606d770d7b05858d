internal import Contact
internal import Foundation
internal import GroundTruth
internal import Resolution

/// Who is who, on tables of customers whose truth is known: quality first, then speed.
///
/// Every CSV file of a folder is a set, two whose names differ by a last `a` and `b` are one. Each is measured with
/// the shipped model and with one trained on its own unlabelled rows, at the model's threshold and one bit beside it.
struct IdentityBenchmark {
    let folder: String
    let generated: Int
    let orders: Int

    func run() throws {
        print("identity: pairwise over profiles after clustering; each set in \(orders) random orders")
        // 100,000 records are of some 56,000 persons; a small run stays small.
        let large = CustomerSet.generated(persons: generated < 5_000 ? generated : 56_000, seed: 3)
        print("\(large.name), for what it costs")
        IdentityCost(set: large, model: .standard).run()
        for seed: UInt64 in [1, 2] { measure(CustomerSet.generated(persons: generated, seed: seed)) }
        for set in try Self.sets(in: folder) { measure(set) }
    }

    static func sets(in folder: String) throws -> [CustomerSet] {
        // Without the tables only what is generated is measured, and it says so.
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            print("no folder \(folder): only generated records are measured")
            return []
        }
        let tables = try files.filter { $0.hasSuffix(".csv") }.sorted().map { file in
            let data = try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent(file))
            return (name: String(file.dropLast(4)), table: CSVTable(Array(data)))
        }
        let names = Set(tables.map(\.name))
        return tables.compactMap { name, table in
            let stem = String(name.dropLast())
            if name.hasSuffix("b"), names.contains(stem + "a") { return nil }
            let isFirst = name.hasSuffix("a") && names.contains(stem + "b")
            let both = isFirst ? [table] + tables.filter { $0.name == stem + "b" }.map(\.table) : [table]
            guard let set = CustomerSet(name: isFirst ? stem : name, both) else {
                print("\(name): no names, or nothing that says whom its rows are of; left out")
                return nil
            }
            return set
        }
    }

    /// Pairs scored a second, and records a second with reading, keys, search and clusters.
    private static func speed(_ set: CustomerSet, _ model: SoftModel, _ run: IdentityRun) -> String {
        let entries = set.facets.compactMap { SoftRecord($0).map(model.prepare) }
        guard entries.count > 1 else { return "" }
        let clock = ContinuousClock()
        let start = clock.now
        let pairs = 500_000
        var sum = 0
        for pair in 0..<pairs {
            sum &+= model.score(entries[pair % entries.count], entries[(pair &* 7_919 &+ 13) % entries.count]).total
        }
        let seconds = start.duration(to: clock.now).inSeconds
        let records = Int(Double(entries.count) / max(run.seconds, 1e-9))
        // The sum is used, so that none of it is left out.
        return "\(sum == 0 ? 0 : Int(Double(pairs) / seconds)) pairs/s, \(records) records/s all in all"
    }

    private func measure(_ set: CustomerSet) {
        print(
            "\(set.name): \(set.facets.count) records, \(Set(set.truth).count) persons, \(set.refused) values refused")
        IdentityCost(set: set, model: .standard).run()
        report("shipped model", set, .standard)
        let clock = ContinuousClock()
        let start = clock.now
        let trained = set.trained()
        let seconds = Spread.rounded(start.duration(to: clock.now).inSeconds, digits: 1)
        report("trained on it by EM in \(seconds) s", set, SoftModel(trained))
    }

    private func report(_ what: String, _ set: CustomerSet, _ model: SoftModel) {
        let run = IdentityRun(set, model, seed: 1)
        let score = ProfileScore(run.profiles, set.truth)
        func text(_ value: Double) -> String { Spread.rounded(value, digits: 4) }
        var line = "  \(what): P \(text(score.precision)) R \(text(score.recall)) F1 \(text(score.f1))"
        line += ", B-cubed \(text(score.bCubed)), wrongly merged \(score.merged), split \(score.split)"
        for shift in [-1_024, 1_024] {
            var parameters = model.parameters
            parameters.join += shift
            let other = ProfileScore(IdentityRun(set, SoftModel(parameters), seed: 1).profiles, set.truth)
            line += "; at \(shift < 0 ? "-" : "+")1 bit F1 \(text(other.f1))"
        }
        print(line)
        let others = (1..<max(2, orders)).map { IdentityRun(set, model, seed: UInt64($0 + 1)).profiles }
        let isSame = others.allSatisfy { $0 == run.profiles }
        let sorted = run.candidates.sorted()
        func at(_ share: Double) -> Int { sorted.isEmpty ? 0 : sorted[Int(Double(sorted.count - 1) * share)] }
        print(
            "    in \(orders) orders \(isSame ? "equal" : "DIFFERENT"); candidates a record: median \(at(0.5)), "
                + "p99 \(at(0.99)); " + Self.speed(set, model, run))
    }
}

extension CustomerSet {
    /// A model learnt from the rows alone: EM, and the pairs that show one address.
    func trained() -> SoftParameters {
        let groups = self.groups()
        var records: [SoftRecord] = []
        var members: [Int: [Int]] = [:]
        for (row, facet) in facets.enumerated() {
            guard let record = SoftRecord(facet) else { continue }
            members[groups[row], default: []].append(records.count)
            records.append(record)
        }
        let labels = members.values.flatMap { numbers in
            numbers.prefix(20).enumerated().flatMap { place, a in
                numbers.prefix(20).dropFirst(place + 1).filter { records[a] != records[$0] }.map {
                    SoftLabel(a, $0, proof: .email)
                }
            }
        }
        var training = SoftTraining(records, labels: labels)
        return training.run()
    }
}
