/// A receipt as it is told over HTTP (FORMATS.md, An interaction).
package enum ReceiptText {
    /// `{"accepted":2,"known":1,"refused":[{"index":3,…}],"items":[{"interaction":"…","profile":"…"}],"position":"epoch.n"}`
    /// The indexes of the refused are places in the batch, counted from `first`; the items are those that were taken.
    package static func object(_ receipt: Receipt, first: Int = 0) -> [UInt8] {
        var accepted = 0
        var known = 0
        var refused: [[UInt8]] = []
        var items: [[UInt8]] = []
        for (place, outcome) in receipt.outcomes.enumerated() {
            switch outcome {
            case .accepted(let interaction, let profile):
                accepted += 1
                items.append(item(interaction, profile))
            case .known(let interaction, let profile):
                known += 1
                items.append(item(interaction, profile))
            case .refused(let refusal):
                refused.append(self.refused(refusal, index: first + place))
            }
        }
        return JSONWriter.object([
            ("accepted", JSONWriter.number(Int64(accepted))), ("known", JSONWriter.number(Int64(known))),
            ("refused", JSONWriter.array(refused)), ("items", JSONWriter.array(items)),
            ("position", JSONWriter.string("\(receipt.epoch).\(receipt.position)")),
        ])
    }

    private static func item(_ interaction: HubID, _ profile: HubID?) -> [UInt8] {
        JSONWriter.object([
            ("interaction", JSONWriter.string(interaction.description)),
            ("profile", profile.map { JSONWriter.string($0.description) } ?? JSONWriter.null),
        ])
    }

    private static func refused(_ refusal: Refusal, index: Int) -> [UInt8] {
        JSONWriter.object([
            ("index", JSONWriter.number(Int64(index))), ("reason", JSONWriter.string(refusal.reason.rawValue)),
            ("detail", JSONWriter.string(refusal.detail)),
            ("what_to_do", JSONWriter.string(refusal.reason.whatToDo)),
        ])
    }
}
