internal import Contact
internal import Postgres

extension Ledger {
    /// What is nobody's stands apart, counted once whatever comes twice.
    func store(_ hits: [PreparedHit]) -> (Statement, [Parameter]) {
        var ids = ArrayBuilder(.uuid, reserving: hits.count)
        var sources = ArrayBuilder(.int8, reserving: hits.count)
        var kinds = ArrayBuilder(.int2, reserving: hits.count)
        var agents = ArrayBuilder(.text, reserving: hits.count)
        var times = ArrayBuilder(.timestamptz, reserving: hits.count)
        var bodies = ArrayBuilder(.jsonb, reserving: hits.count)
        for hit in hits {
            ids.append(hit.id)
            sources.append(int8: hit.source)
            kinds.append(int2: hit.content.kind.rawValue)
            agents.append(optional: hit.content.agent.map { Text.storable($0) })
            times.append(timestamp: hit.content.occurredAt)
            bodies.append(jsonb: hit.content.body)
        }
        return (
            .intakeHits,
            [
                .int8(workspace.id), .array(ids), .array(sources), .array(kinds), .array(agents), .array(times),
                .array(bodies),
            ]
        )
    }
}
