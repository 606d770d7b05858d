internal import Contact
package import Storage

/// Hits as JSON.
package enum HitJSON {
    package static func object(_ count: Hits.Count) -> [UInt8] {
        JSONWriter.object([
            ("day", JSONWriter.string(day(count.day))), ("source", JSONWriter.string(count.source)),
            ("kind", JSONWriter.string(count.kind.name)),
            ("agent", count.agent.isEmpty ? JSONWriter.null : JSONWriter.string(count.agent)),
            ("count", JSONWriter.number(count.count)),
        ])
    }

    /// `2026-11-21`.
    package static func day(_ day: Int) -> String {
        String(Timestamp.text(Int64(day) * 86_400_000_000).prefix(10))
    }
}
