internal import Foundation
internal import GroundTruth

/// `contatto import email` beside `notmuch new` on the same Maildir: the other reads and indexes mail, and stores none.
struct MailBenchmark {
    let mails: Int
    let runs: Int
    let bench: Bench

    func run() async throws {
        let maildir = bench.folder.appendingPathComponent("maildir").path
        try generate(at: maildir)
        print("flushes of 8 kB a second before: \(flushRate(in: bench.folder.path))")
        var indexed: [Double] = []
        var first: [Double] = []
        var again: [Double] = []
        for run in 0..<runs {
            indexed.append(Double(mails) / (try notmuch(maildir, run)))
            let schema = "mail_\(run)"
            try await bench.migrate(schema)
            _ = try bench.makeSources(schema)
            try await bench.checkpoint()
            let seconds = try bench.contatto(["import", "email", maildir, "--source", "mail"], schema)
            first.append(Double(mails) / seconds)
            again.append(try bench.contatto(["import", "email", maildir, "--source", "mail"], schema) / seconds)
            try await bench.drop(schema)
        }
        let (notmuch, imported) = (Spread(indexed), Spread(first))
        print("\(mails) mails, \(runs) runs; messages/s as low – median – high")
        print("notmuch new: \(notmuch.thousands)")
        print(
            """
            contatto import email: \(imported.thousands); \
            \(Spread.rounded(imported.median / max(1, notmuch.median), digits: 2)) of notmuch
            """)
        print(
            """
            the same once more: \(Spread.rounded(Spread(again).median, digits: 2)) of the first time (at most 0.20 is \
            promised for 10000 mails)
            """)
        print("flushes of 8 kB a second after: \(flushRate(in: bench.folder.path))")
    }

    private func generate(at path: String) throws {
        var settings = Generator.Settings(seed: 2026, persons: max(40, mails * 3 / 10))
        settings.scope = .mailOnly
        var maildir = try Maildir(at: path)
        for one in Generator(settings).messages(mails) { try maildir.write(one) }
        try maildir.finish()
        guard maildir.count == mails else { throw HubProcess.Unexpected("only \(maildir.count) mails were generated") }
    }

    /// Seconds it took on a copy, because it writes its index into the folder of the mails.
    private func notmuch(_ maildir: String, _ run: Int) throws -> Double {
        let copy = bench.folder.appendingPathComponent("notmuch-\(run)")
        try bench.execute("cp", ["-r", maildir, copy.path])
        let settings = bench.folder.appendingPathComponent("notmuch-config")
        let text = """
            [database]
            path=\(copy.path)
            [user]
            name=Bottega
            primary_email=ciao@bottega.example
            [maildir]
            synchronize_flags=false
            """
        try Data(text.utf8).write(to: settings)
        let clock = ContinuousClock()
        let start = clock.now
        try bench.execute("notmuch", ["new"], environment: ["NOTMUCH_CONFIG": settings.path])
        let seconds = start.duration(to: clock.now).inSeconds
        try FileManager.default.removeItem(at: copy)
        return seconds
    }
}
