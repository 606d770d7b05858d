internal import Foundation

/// What was checked, and what came of it: printed as it goes, counted for the exit status.
struct Report {
    var isSilent = false
    private(set) var names: [String] = []
    private(set) var failed: [String] = []

    /// Notes that `name`, a sentence, is so or not; what was counted is printed in either case.
    mutating func check(_ name: String, _ numbers: String, _ holds: Bool) {
        if !isSilent { say("  \(holds ? "holds" : "FAILS")  \(name): \(numbers)") }
        names.append(name)
        if !holds { failed.append(name) }
    }

    var held: Int { names.count - failed.count }

    mutating func add(_ other: Report) {
        names += other.names
        failed += other.failed
    }
}

/// Ends the trial: something could not even be tried, or did not hold.
struct TrialFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Seconds with one decimal, for people.
func seconds(_ duration: Duration) -> String {
    let tenths = (duration / .seconds(0.1)).rounded()
    return "\(tenths / 10) s"
}

/// Prints at once: who watches a trial of minutes wants to see where it is, also through a pipe.
func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
}
