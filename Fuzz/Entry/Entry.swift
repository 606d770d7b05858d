/// Which target this is: the program's name behind `fuzz-`.
private let target: FuzzTarget = {
    let name = CommandLine.arguments[0].split(separator: "/").last ?? ""
    guard let target = FuzzTarget(rawValue: String(name.dropFirst("fuzz-".count))) else {
        preconditionFailure("fuzz-NAME, with NAME one of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return target
}()

/// One input of libFuzzer's. A broken promise ends the process, as a trap does.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    do throws(BrokenPromise) {
        try target.check(bytes)
    } catch {
        // How libFuzzer is told: it keeps the input of a process that dies.
        fatalError("broken promise: \(error)")
    }
    // Rarely, because it costs as much as thousands of others; by the content, so that it can be had again.
    if bytes.reduce(UInt32(bytes.count), { $0 &* 16_777_619 ^ UInt32($1) }) % 2_048 == 0 { target.stretch(bytes) }
    return 0
}
