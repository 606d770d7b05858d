/// What the comparison of two soft records said.
package struct SoftScore: Hashable, Sendable {
    /// The level of each field, by ``SoftField``; 0 = null.
    package var levels = SIMD16<UInt8>()
    /// The evidence of each field in 1,024ths of a bit.
    package var evidence = SIMD16<Int32>()
    /// The evidence that the two are one person and not two strangers, nor two of one household: the lesser of both,
    /// priors included, in 1,024ths of a bit.
    package var total = 0
    /// The evidence against two of one household alone.
    package var againstRelative = 0
    /// Given name and surname were compared crossed.
    package var isCrossed = false
    /// Groups that agree by themselves.
    package var groups: Set = []
    /// Why the two are not joined, however much speaks for it.
    package var veto: Veto?
    package var verdict = Verdict.nothing

    package struct Set: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package init(_ group: SoftGroup) { rawValue = 1 << UInt8(group.rawValue) }

        package var groups: [SoftGroup] { SoftGroup.allCases.filter { contains(Set($0)) } }
    }

    package enum Verdict: Int16, Sendable {
        case nothing = 0
        /// A person is asked.
        case review = 1
        case join = 2
    }

    package enum Veto: Int16, Sendable {
        /// Two persons of one household explain it as well: relatives, twins, parent and child of one name.
        case relative = 1

        package var name: String { "relative" }
    }

    /// The evidence in bits.
    package var bits: Double { Double(total) / Double(Bits.one) }

    /// What the pair weighs in a cluster, in 1,024ths of a bit.
    package var weight: Int { total }

    /// The level of a field by name, and its evidence in bits.
    package subscript(_ field: SoftField) -> (level: String, bits: Double) {
        (field.levels[Int(levels[field.rawValue])], Double(evidence[field.rawValue]) / Double(Bits.one))
    }
}
