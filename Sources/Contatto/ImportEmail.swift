import ArgumentParser
internal import Contact
internal import EmailConnector
internal import Postgres
internal import Storage

extension Import {
    struct Email: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store the mail of a Maildir, an mbox, a folder of .eml, or one message.",
            discussion: """
                The source must be there: `contatto source add email --name email --set own=shop.example`. Twice stores \
                nothing twice, and what has not changed is not read again; an import that was interrupted is simply run \
                again. A refused message is kept with its reason and does not stop the rest; the exit status is then 2.

                Example: contatto import email ~/Maildir --source email
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "A Maildir, an mbox, a folder of .eml files, or one message.") var path: String
        @Option(help: "Name of the source whose mail it is.") var source = "email"
        @Flag(help: "Read also what an earlier import has stored.") var again = false
        @Flag(help: "One JSON object with the totals.") var json = false

        /// Refusals told one by one; further ones are only counted.
        private static let told = 20

        func run() async throws {
            try await hub.withHub("import") { hub in
                let files: MailFiles
                do {
                    files = try MailFiles(path)
                } catch let error as MailFilesError {
                    throw Ending(.failed, "\(error)")
                }
                let settings = try await settings(hub)
                var options = Ledger.Settings()
                options.answersProfiles = false
                let ledger = Ledger(
                    hub.database, workspace: hub.workspace, key: hub.key, settings: options, now: currentMicroseconds)
                let seen = Seen(hub.database, workspace: hub.workspace, key: hub.key, source: source)
                let run = MailImport(settings, into: ledger, seen: again ? nil : seen, now: currentMicroseconds)
                let refusals = Monitor(0)
                let totals = try await run.run(files) { event in tell(event, refusals) }
                if StandardError.isTerminal { StandardError.progress("") }
                for problem in totals.unreadable { StandardError.write(problem) }
                show(totals, files)
                let refused = totals.refused.values.reduce(0, +)
                guard totals.unreadable.isEmpty else {
                    throw Ending(
                        .failed,
                        """
                        \(totals.unreadable.count) files could not be read; of the others \(refused) messages were \
                        refused and the rest is stored
                        """)
                }
                if refused > 0 {
                    throw Ending(
                        .refusals, "\(refused) messages were refused and kept; `contatto stats` counts them by reason")
                }
            }
        }

        private func settings(_ hub: Hub) async throws -> EmailSettings {
            let store = SourceStore(hub.database, workspace: hub.workspace)
            guard let found = try await store.find(source) else {
                throw Ending(
                    .settings,
                    """
                    there is no source \(source): make it with `contatto source add email --name \(source) --set \
                    own=DOMAIN,ADDRESS…`, naming the company's own domains and addresses
                    """)
            }
            guard found.kind == EmailConnector.kind else {
                throw Ending(.settings, "source \(source) is of kind \(found.kind), not email")
            }
            do throws(SettingsError) {
                return try EmailSettings(
                    SourceSettings(
                        source: found.name, values: found.values, normaliser: Normaliser(region: hub.workspace.region),
                        oldest: hub.workspace.oldest(at: currentMicroseconds())))
            } catch {
                throw Ending(.settings, "\(error); change it with `contatto source set \(source) --set key=value`")
            }
        }

        @Sendable private func tell(_ event: MailImport.Event, _ refusals: Monitor<Int>) {
            switch event {
            case .stored(let totals):
                CrashPoint.acknowledged.reached()
                guard StandardError.isTerminal, !json else { return }
                StandardError.progress(
                    "\(totals.messages) messages, \(totals.bytes >> 20) of \(totals.bytesInAll >> 20) MB")
            case .refused(let name, let refusal):
                let count = refusals.withLock { count in
                    count += 1
                    return count
                }
                if count <= Self.told {
                    StandardError.write("\(name): \(refusal.reason.rawValue): \(refusal.detail)")
                } else if count == Self.told + 1 {
                    StandardError.write("… further refusals are only counted")
                }
            }
        }

        private func show(_ totals: MailImport.Totals, _ files: MailFiles) {
            let reasons = totals.refused.sorted { $0.key.rawValue < $1.key.rawValue }
            let refused = reasons.map(\.value).reduce(0, +)
            guard json else {
                if files.leftAlone > 0 {
                    let what = files.kind == .maildir ? "that are no Maildir" : "that are neither .eml nor .mbox"
                    StandardError.write("\(files.leftAlone) entries \(what) were left alone")
                }
                StandardOutput.write(
                    """
                    \(files.kind.rawValue): \(totals.messages) messages, \(totals.unchanged) of them unchanged since an \
                    earlier import; accepted \(totals.accepted), known \(totals.known), refused \(refused)
                    """)
                return
            }
            let position = totals.position.map { JSONWriter.string("\($0.epoch).\($0.position)") }
            StandardOutput.write(
                JSONWriter.object([
                    ("messages", JSONWriter.number(Int64(totals.messages))),
                    ("left_alone", JSONWriter.number(Int64(files.leftAlone))),
                    ("unchanged", JSONWriter.number(Int64(totals.unchanged))),
                    ("accepted", JSONWriter.number(Int64(totals.accepted))),
                    ("known", JSONWriter.number(Int64(totals.known))),
                    ("refused", JSONWriter.number(Int64(refused))),
                    (
                        "reasons",
                        JSONWriter.object(reasons.map { ($0.key.rawValue, JSONWriter.number(Int64($0.value))) })
                    ),
                    ("position", position ?? JSONWriter.null),
                ]))
        }
    }
}
