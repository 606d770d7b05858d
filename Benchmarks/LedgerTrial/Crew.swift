internal import Foundation
internal import Storage
internal import Synchronization

/// The processes that contend, and the batches handed to them in their order, so that all work in one place at a time.
final class Crew: Sendable {
    struct Outcome: Sendable {
        var stored = 0
        var killed = 0
        var terminated = 0
        /// What workers could not store, or how they ended unasked.
        var failures: [String] = []
    }

    private struct State {
        var next = 0
        var outcome = Outcome()
        var children: [Int: Child] = [:]
    }

    private static let inFlight = 2
    private let batches: Int
    private let arguments: [String]
    private let errors: String
    private let state = Mutex(State())

    init(lines: ContendedLines, control: Ledger.Control, database: String, errors: String) {
        batches = lines.batches
        arguments = [
            "worker", "--database", database, "--seed", "\(lines.seed)", "--batches", "\(lines.batches)", "--control",
            control.name,
        ]
        self.errors = errors
    }

    var outcome: Outcome { state.withLock { $0.outcome } }

    /// One worker's place, filled again whenever its process is killed. Blocks its thread until nothing is left.
    func work(_ place: Int) throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var outstanding: Set<Int> = []
        while true {
            while outstanding.count < Self.inFlight, let number = take() { outstanding.insert(number) }
            if outstanding.isEmpty { return }
            let child = try Child(own, arguments, errors: errors)
            state.withLock { $0.children[place] = child }
            for number in outstanding { _ = child.write(Array("\(number)\n".utf8)) }
            child.readLines { line in
                let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 2)
                guard words.count >= 2, let number = Int(words[1]), outstanding.remove(number) != nil else { return }
                state.withLock { state in
                    state.outcome.stored += 1
                    if words[0] != "done" { state.outcome.failures.append(words.last.map(String.init) ?? "") }
                }
                if let number = take() {
                    outstanding.insert(number)
                    _ = child.write(Array("\(number)\n".utf8))
                } else if outstanding.isEmpty {
                    child.closeInput()
                }
            }
            state.withLock { $0.children[place] = nil }
            let end = child.wait()
            guard end != .exited(0), end != .signalled(9) else { continue }
            let count = state.withLock { state in
                state.outcome.failures.append("a worker ended with \(end)")
                return state.outcome.failures.count
            }
            if count > 100 { throw TrialFailure("the workers end by themselves: \(end)") }
        }
    }

    private func take() -> Int? {
        state.withLock { state in
            guard state.next < batches else { return nil }
            state.next += 1
            return state.next - 1
        }
    }

    /// SIGKILL to one of them.
    func kill() {
        let child = state.withLock { $0.children.values.randomElement() }
        if child?.kill() ?? false { state.withLock { $0.outcome.killed += 1 } }
    }

    func terminated() { state.withLock { $0.outcome.terminated += 1 } }
}
