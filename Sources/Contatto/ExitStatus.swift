import ArgumentParser
internal import Cluster
internal import Contact
internal import Glibc
internal import Postgres
internal import Storage

/// How a command ends when it does not end well: one line on stderr, and the status (FORMATS.md, sysexits).
struct Ending: Error {
    enum Status: Int32 {
        case failed = 1, refusals = 2, usage = 64, noDatabase = 69, ownedByAnother = 73, tryAgain = 75, settings = 78
    }

    let status: Status
    let message: String

    init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }
}

/// Runs a command's work and turns what went wrong into a message and a status.
func ending(_ work: () async throws -> Void) async throws {
    // Who reads the answer may leave: that is told by the write, and must not end the process before its work is closed.
    _ = signal(SIGPIPE, SIG_IGN)
    do {
        try await work()
    } catch {
        if StandardOutput.failure != nil { throw ExitCode(Ending.Status.failed.rawValue) }
        try tell(error)
    }
    if StandardOutput.failure != nil { throw ExitCode(Ending.Status.failed.rawValue) }
}

/// One line of what went wrong, and its status.
private func tell(_ error: any Error) throws {
    do {
        throw error
    } catch let ending as Ending {
        StandardError.write("contatto: \(ending.message)")
        throw ExitCode(ending.status.rawValue)
    } catch let failure as Migration.Failure {
        StandardError.write("contatto: \(failure.description)")
        throw ExitCode(Ending.Status.settings.rawValue)
    } catch let error as ClusterError {
        StandardError.write("contatto: \(error)")
        throw ExitCode(status(of: error).rawValue)
    } catch let error as DatabaseError {
        StandardError.write("contatto: \(error.isConnectionLost || error.kind == .pool ? "no database: " : "")\(error)")
        throw ExitCode(status(of: error).rawValue)
    } catch let error as DecisionError {
        if case .database(let error) = error.kind { return try tell(error) }
        StandardError.write("contatto: \(error)")
        throw ExitCode(Ending.Status.failed.rawValue)
    } catch let error as RecordError {
        if case .database(let error) = error.kind { return try tell(error) }
        if case .delicate = error.kind {
            StandardError.write("contatto: \(error); if the customer wants it kept, say so with --confirmed")
            throw ExitCode(Ending.Status.refusals.rawValue)
        }
        StandardError.write("contatto: \(error)")
        if case .invalid = error.kind { throw ExitCode(Ending.Status.usage.rawValue) }
        throw ExitCode(Ending.Status.failed.rawValue)
    } catch let error as IntakeError {
        switch error {
        case .unavailable(let message):
            StandardError.write("contatto: nothing more was stored: \(message)")
            throw ExitCode(Ending.Status.tryAgain.rawValue)
        case .cursorLost(let message):
            StandardError.write("contatto: \(message)")
            throw ExitCode(Ending.Status.tryAgain.rawValue)
        case .cancelled:
            throw ExitCode(Ending.Status.failed.rawValue)
        }
    }
}

private func status(of error: DatabaseError) -> Ending.Status {
    if error.isConnectionLost || error.kind == .pool { return .noDatabase }
    if error.isRetryable { return .tryAgain }
    return .failed
}

private func status(of error: ClusterError) -> Ending.Status {
    switch error {
    case .owned: .ownedByAnother
    case .unavailable: .noDatabase
    case .tryAgain: .tryAgain
    case .settings: .settings
    }
}
