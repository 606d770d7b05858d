/// The ASCII form of one label of an internationalised host (RFC 3492), so that `caffè` and `xn--caff-8oa` are one.
enum Punycode {
    /// `xn--…`, or nil where the label would be longer than DNS allows (63 bytes) or has more characters than that.
    static func label(_ scalars: [Unicode.Scalar]) -> String? {
        guard scalars.count <= 63 else { return nil }
        var output = Array("xn--".utf8)
        let basic = scalars.filter(\.isASCII).map { UInt8(truncatingIfNeeded: $0.value) }
        output += basic
        if !basic.isEmpty { output.append(UInt8(ascii: "-")) }
        // The names, and the numbers of RFC 3492, section 5: 128 first, bias 72, skew 38, damp 700.
        var next: UInt32 = 128, delta = 0, bias = 72
        var done = basic.count
        while done < scalars.count {
            guard let least = scalars.lazy.map(\.value).filter({ $0 >= next }).min() else { return nil }
            delta += Int(least - next) * (done + 1)
            next = least
            for scalar in scalars {
                if scalar.value < next { delta += 1 }
                guard scalar.value == next else { continue }
                write(delta, bias, &output)
                bias = adapted(delta, done + 1, isFirst: done == basic.count)
                delta = 0
                done += 1
            }
            delta += 1
            next += 1
        }
        return output.count <= 63 ? String(decoding: output, as: UTF8.self) : nil
    }

    private static func write(_ delta: Int, _ bias: Int, _ output: inout [UInt8]) {
        var rest = delta, step = 36
        while true {
            let threshold = min(max(step - bias, 1), 26)
            if rest < threshold { break }
            output.append(digit(threshold + (rest - threshold) % (36 - threshold)))
            rest = (rest - threshold) / (36 - threshold)
            step += 36
        }
        output.append(digit(rest))
    }

    private static func digit(_ value: Int) -> UInt8 { UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30) }

    private static func adapted(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var step = 0
        while delta > 455 {
            delta /= 35
            step += 36
        }
        return step + 36 * delta / (delta + 38)
    }
}
