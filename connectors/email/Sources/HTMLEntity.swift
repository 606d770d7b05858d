/// Character references of HTML.
enum HTMLEntity {
    /// The character of `&name;` or `&#n;` and its length in bytes; nil where it is none.
    static func read(_ bytes: [UInt8], at start: Int) -> (Unicode.Scalar?, Int) {
        var place = start + 1
        var name: [UInt8] = []
        while place < bytes.count, name.count < 12 {
            let byte = bytes[place]
            guard
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || (byte == UInt8(ascii: "#") && name.isEmpty)
            else { break }
            name.append(byte)
            place += 1
        }
        let isClosed = place < bytes.count && bytes[place] == UInt8(ascii: ";")
        let length = place - start + (isClosed ? 1 : 0)
        let word = String(decoding: name, as: UTF8.self)
        if word.hasPrefix("#") {
            let digits = word.dropFirst()
            let isHexadecimal = digits.first == "x" || digits.first == "X"
            guard let code = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits) else {
                return (nil, 0)
            }
            // References to these mean Windows-1252 to every browser.
            let meant = (0x80...0x9F).contains(code) ? UInt32(Windows1252.high[Int(code) - 0x80]) : code
            guard meant != 0, let scalar = Unicode.Scalar(meant) else { return ("\u{FFFD}", length) }
            return (scalar, length)
        }
        guard isClosed, let scalar = named[word] else { return (nil, 0) }
        return (scalar, length)
    }

    private static let latin = [
        "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not",
        "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1",
        "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml",
        "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH",
        "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc",
        "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil",
        "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute",
        "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
    ]
    private static let named: [String: Unicode.Scalar] = {
        var named: [String: Unicode.Scalar] = [
            "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "euro": "€", "ndash": "–", "mdash": "—",
            "lsquo": "‘", "rsquo": "’", "sbquo": "‚", "ldquo": "“", "rdquo": "”", "bdquo": "„", "hellip": "…",
            "bull": "•", "trade": "™", "zwnj": "\u{200C}", "zwj": "\u{200D}", "ensp": " ", "emsp": " ", "thinsp": " ",
            "lsaquo": "‹", "rsaquo": "›", "dagger": "†", "permil": "‰", "OElig": "Œ", "oelig": "œ", "Scaron": "Š",
            "scaron": "š", "larr": "←", "rarr": "→", "uarr": "↑", "darr": "↓", "minus": "−", "infin": "∞",
            "check": "✓", "num": "#", "colon": ":", "commat": "@", "period": ".", "lowbar": "_", "lpar": "(",
            "rpar": ")", "Tab": "\t", "NewLine": "\n", "sol": "/", "percnt": "%", "dollar": "$", "ast": "*",
            "plus": "+",
        ]
        for (place, name) in latin.enumerated() { named[name] = Unicode.Scalar(UInt8(0xA0 + place)) }
        return named
    }()
}
