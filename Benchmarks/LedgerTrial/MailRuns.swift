internal import Foundation
internal import Storage
internal import Synchronization

/// A Maildir that fills, and `contatto import email`, which is run on it again and again, dies as planned, and is run again.
final class MailRuns: Sendable {
    struct Outcome: Sendable {
        var kills: [CrashPoint?] = []
        var runs = 0
        var gaveUp = 0
        var faults: [String] = []
    }

    private let program: String
    private let arguments: [String]
    private let errors: String
    private let staged: [String]
    private let target: String

    /// `staged` are the messages' files, which are moved into the Maildir `target` in their order.
    init(_ program: String, _ options: [String], errors: String, staged: [String], target: String) throws {
        self.program = program
        arguments = ["import", "email", target] + options
        self.errors = errors
        self.staged = staged
        self.target = target
        for folder in ["cur", "new", "tmp"] {
            try FileManager.default.createDirectory(
                atPath: "\(target)/\(folder)", withIntermediateDirectories: true)
        }
    }

    /// Blocks its thread until every message was there when an import began that came to its end, and every plan is
    /// carried out. Half of the messages are there from the start; the last is delivered when nine tenths of `length` are
    /// over.
    func run(_ plans: [Plan], _ pace: Pace, over length: Duration) throws -> Outcome {
        var outcome = Outcome()
        var plans = plans[...]
        var delivered = 0
        // A few are kept back, so that a process that is still to die meets something new.
        var kept = plans.count
        var visit = 3
        while true {
            try deliver(until: length, pace, &delivered, keeping: kept)
            // Killed by our signal it may be anywhere, at a point only where its time has come.
            let plan = plans.first.flatMap { pace.elapsed >= $0.due ? $0 : nil }
            var environment: [String: String] = [:]
            if case .at(let point)? = plan?.death { environment["CONTATTO_CRASH_AT"] = "\(point.rawValue):\(visit)" }
            outcome.runs += 1
            let isComplete = delivered == staged.count
            let child = try Child(program, arguments, environment: environment, errors: errors)
            child.closeInput()
            let isShot = watch(child, plan)
            child.readLines { _ in }
            let end = child.wait()
            switch (end, plan?.death) {
            case (.signalled(9), .at(let point)?):
                outcome.kills.append(point)
                plans = plans.dropFirst()
                visit = 1
            case (.signalled(9), .anywhere?) where isShot:
                outcome.kills.append(nil)
                plans = plans.dropFirst()
            case (.exited(75), _), (.exited(69), _): outcome.gaveUp += 1
            case (.exited(0), _):
                if plans.isEmpty, isComplete { return outcome }
                // It came to its end too soon: it is to die at its next chance, and is given one.
                visit = 1
                if plan != nil, delivered >= staged.count - kept { kept -= 1 }
            default:
                outcome.faults.append("an import ended with \(end), which nothing had planned")
                if outcome.faults.count > 5 { return outcome }
            }
            if plans.isEmpty { kept = 0 }
            Thread.sleep(forTimeInterval: 0.3)
        }
    }

    /// Moves the messages that are due; a message is there whole or not at all.
    private func deliver(until length: Duration, _ pace: Pace, _ delivered: inout Int, keeping kept: Int) throws {
        let half = Double(staged.count) / 2
        let share = min(1, pace.elapsed / (length * 0.9))
        let due = min(Int((half + half * share).rounded(.up)), staged.count - max(0, kept))
        while delivered < due {
            let name = staged[delivered].split(separator: "/").last.map(String.init) ?? ""
            // Read ones and new ones, as in a real one.
            let folder = delivered.isMultiple(of: 3) ? "new" : "cur"
            guard unsafe rename(staged[delivered], "\(target)/\(folder)/\(name)") == 0 else {
                throw TrialFailure("\(staged[delivered]) cannot be moved into \(target)")
            }
            delivered += 1
        }
    }

    private func watch(_ child: Child, _ plan: Plan?) -> Bool {
        guard case .anywhere? = plan?.death else { return false }
        Thread.sleep(forTimeInterval: Double.random(in: 0.05...0.5))
        return child.kill()
    }
}
