import ArgumentParser
internal import Contact
internal import Storage

struct Stats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count what a workspace holds: interactions, facets, identifiers, profiles, refusals, by source.",
        discussion: "Example: contatto stats --json")

    @OptionGroup var hub: HubOptions
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
        try await hub.withHub("stats") { hub in
            let statistics = try await Statistics.read(hub.database, hub.workspace)
            if json { showJSON(statistics) } else { show(statistics) }
        }
    }

    private func show(_ statistics: Statistics) {
        var table = Table("WHAT", "COUNT")
        table.add("interactions", "\(statistics.interactions)")
        table.add("messages", "\(statistics.messages)")
        table.add("facets", "\(statistics.facets)")
        table.add("identifiers", "\(statistics.identifiers)")
        table.add("profiles", "\(statistics.profiles)")
        table.add("shared values", "\(statistics.shared)")
        table.add("journal", "\(statistics.epoch).\(statistics.position)")
        for (reason, count) in statistics.refused { table.add("refused: \(reason)", "\(count)") }
        for source in statistics.sources {
            table.add("source \(source.name) (\(source.channel))", "\(source.interactions)")
        }
        for (source, count) in statistics.refusedBySource where !source.isEmpty {
            table.add("refused from \(source)", "\(count)")
        }
        if statistics.unpartitioned > 0 {
            table.add("without a partition: run `contatto migrate`", "\(statistics.unpartitioned)")
        }
        table.print()
    }

    private func showJSON(_ statistics: Statistics) {
        StandardOutput.write(
            JSONWriter.object([
                ("interactions", JSONWriter.number(statistics.interactions)),
                ("messages", JSONWriter.number(statistics.messages)),
                ("facets", JSONWriter.number(statistics.facets)),
                ("identifiers", JSONWriter.number(statistics.identifiers)),
                ("profiles", JSONWriter.number(statistics.profiles)),
                ("shared", JSONWriter.number(statistics.shared)),
                ("position", JSONWriter.string("\(statistics.epoch).\(statistics.position)")),
                ("unpartitioned", JSONWriter.number(statistics.unpartitioned)),
                ("refused", JSONWriter.object(statistics.refused.map { ($0.reason, JSONWriter.number($0.count)) })),
                (
                    "refused_by_source",
                    JSONWriter.object(statistics.refusedBySource.map { ($0.source, JSONWriter.number($0.count)) })
                ),
                (
                    "sources",
                    JSONWriter.array(
                        statistics.sources.map {
                            JSONWriter.object([
                                ("name", JSONWriter.string($0.name)), ("channel", JSONWriter.string($0.channel)),
                                ("interactions", JSONWriter.number($0.interactions)),
                            ])
                        })
                ),
            ]))
    }
}
