internal import ContactTesting
internal import Foundation

/// A `contatto` that runs beside this process, with what the system knows of its memory.
final class HubProcess {
    private let process = Process()
    private let output = Pipe()

    /// Starts it; what it has to say on its standard error is not shown.
    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    var pid: Int32 { process.processIdentifier }

    /// The next line it writes, without its end.
    func line() throws -> String {
        var line: [UInt8] = []
        while true {
            guard let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// The port that a server says it listens on, on its first line.
    func port() throws -> Int {
        let text = try line()
        guard text.hasPrefix("listening http://"), let port = text.split(separator: ":").last,
            let number = Int(port.prefix { $0.isNumber })
        else { throw Unexpected("the server wrote \(text) where it should say that it listens") }
        return number
    }

    /// Waits for its end and returns its status and, in MB, the most memory it had: read while it runs, since the system
    /// forgets it with the process.
    func end() throws -> (status: Int32, peak: Int) {
        var peak = 0
        while process.isRunning {
            peak = max(peak, Memory.of(pid)?.peak ?? 0)
            Thread.sleep(forTimeInterval: 0.01)
        }
        process.waitUntilExit()
        return (process.terminationStatus, peak)
    }

    /// Asks it to end in order, and waits.
    func stop() throws {
        process.terminate()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unexpected("the server that was asked to stop ended with \(process.terminationStatus)")
        }
    }

    struct Unexpected: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

/// What a process has of the machine's memory, in MB.
struct Memory {
    /// Now (VmRSS), and the most so far (VmHWM).
    let resident: Int
    let peak: Int

    /// nil for a process that has ended.
    static func of(_ pid: Int32) -> Memory? {
        let lines = fields("/proc/\(pid)/status")
        guard let resident = lines["VmRSS"], let peak = lines["VmHWM"] else { return nil }
        return Memory(resident: resident / 1024, peak: peak / 1024)
    }

    /// The memory of several processes together, what they share counted once (PSS), in MB.
    static func shared(by pids: [Int32]) -> Int {
        pids.map { fields("/proc/\($0)/smaps_rollup")["Pss"] ?? 0 }.reduce(0, +) / 1024
    }

    /// A process and all that it started, as far as they run.
    static func family(of pid: Int32) -> [Int32] {
        // Without /proc there is nothing to sum, and the figure shows it.
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
        let parents = all.map { (pid: $0, parent: fields("/proc/\($0)/status")["PPid"]) }
        var family = [pid]
        var place = 0
        while place < family.count {
            family += parents.filter { $0.parent == Int(family[place]) }.map(\.pid)
            place += 1
        }
        return family
    }

    /// The numbers of `Name:   number kB` lines; none of a process that is gone.
    private static func fields(_ path: String) -> [String: Int] {
        guard let bytes = FileManager.default.contents(atPath: path) else { return [:] }
        var fields: [String: Int] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == ":" || $0 == " " || $0 == "\t" })
            if words.count >= 2, let number = Int(words[1]) { fields[String(words[0])] = number }
        }
        return fields
    }
}

/// Bounds that are promised, and whether what was measured keeps to them.
struct Bounds {
    /// The most memory the hub may have at any time, whatever it is sent.
    static let memory = 300
    private(set) var broken: [String] = []

    mutating func check(_ name: String, _ megabytes: Int, _ detail: String = "") {
        let holds = megabytes < Self.memory
        let word = holds ? "" : ", TOO MUCH: the bound is \(Self.memory) MB"
        print("\(name): peak memory \(megabytes) MB\(detail)\(word)")
        if !holds { broken.append(name) }
    }
}
