internal import Glibc
internal import Synchronization

/// A named place at which a process can be told to die, so that a test kills it exactly there.
///
/// `CONTATTO_CRASH_AT=intake.locked:3` ends the process with SIGKILL, which nothing can catch, when it comes to
/// that place for the third time. Without the variable a place costs one comparison.
package enum CrashPoint: String, CaseIterable, Sendable {
    /// An import or a server has interactions, and the intake has them not.
    case received
    case begun = "intake.begun"
    case keysStored = "intake.keys"
    case facetsStored = "intake.facets"
    case locked = "intake.locked"
    case written = "intake.written"
    case committed = "intake.committed"
    /// Whoever sent them was told that they are durable.
    case acknowledged

    /// Says that this place was come to.
    package func reached() {
        guard let plan = Self.plan, plan.point == self else { return }
        guard Self.visits.add(1, ordering: .relaxed).newValue == plan.visit else { return }
        kill(getpid(), SIGKILL)
    }

    private static let visits = Atomic<Int>(0)

    private static let plan: (point: CrashPoint, visit: Int)? = {
        guard let variable = unsafe getenv("CONTATTO_CRASH_AT") else { return nil }
        let parts = unsafe String(cString: variable).split(separator: ":")
        guard let name = parts.first, let point = CrashPoint(rawValue: String(name)) else { return nil }
        return (point, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()
}
