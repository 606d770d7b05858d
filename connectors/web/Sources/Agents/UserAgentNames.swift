/// What a word in a User-Agent field is a sign of.
///
/// The names are facts: product names as their makers publish them or as they stand in logs. New ones belong here;
/// most need no line, because the form of the field gives a machine away (`UserAgentScan`).
struct UserAgentSign: OptionSet, Sendable {
    let rawValue: UInt32

    static let aiCrawler = UserAgentSign(rawValue: 1 << 0)
    static let aiFetcher = UserAgentSign(rawValue: 1 << 1)
    /// A machine known by name, or a word only machines use of themselves.
    static let machine = UserAgentSign(rawValue: 1 << 2)
    /// Says what the browser runs on.
    static let platform = UserAgentSign(rawValue: 1 << 3)
    static let engine = UserAgentSign(rawValue: 1 << 4)
    /// May stand in the field of a desktop browser.
    static let usual = UserAgentSign(rawValue: 1 << 5)
    /// Proves a handset, a television or a console whatever the rest looks like.
    static let appliance = UserAgentSign(rawValue: 1 << 6)
    /// An app on a person's device.
    static let app = UserAgentSign(rawValue: 1 << 7)
    static let windows = UserAgentSign(rawValue: 1 << 8)
    static let mac = UserAgentSign(rawValue: 1 << 9)
    static let linux = UserAgentSign(rawValue: 1 << 10)
    static let android = UserAgentSign(rawValue: 1 << 11)
    static let iPhone = UserAgentSign(rawValue: 1 << 12)
    static let iPad = UserAgentSign(rawValue: 1 << 13)
    static let chromeOS = UserAgentSign(rawValue: 1 << 14)
    static let phone = UserAgentSign(rawValue: 1 << 15)
    static let tablet = UserAgentSign(rawValue: 1 << 16)
    static let television = UserAgentSign(rawValue: 1 << 17)
    static let console = UserAgentSign(rawValue: 1 << 18)
    /// `compatible`: only Internet Explorer and Konqueror say it of themselves; everybody else is a machine.
    static let compatible = UserAgentSign(rawValue: 1 << 19)
    static let explorer = UserAgentSign(rawValue: 1 << 20)
    static let chrome = UserAgentSign(rawValue: 1 << 21)
    static let safari = UserAgentSign(rawValue: 1 << 22)
    static let electron = UserAgentSign(rawValue: 1 << 23)
    static let webKit = UserAgentSign(rawValue: 1 << 24)
    /// Starts the field of a browser that does not begin with `Mozilla`.
    static let opener = UserAgentSign(rawValue: 1 << 25)
    /// Looks like a machine's word and is not (the maker Cubot).
    static let harmless = UserAgentSign(rawValue: 1 << 26)
    /// Firefox OS and KaiOS put the model where desktop browsers put nothing.
    static let mobile = UserAgentSign(rawValue: 1 << 27)

    static let version = UserAgentSign(rawValue: 1 << 28)

    static let machines: UserAgentSign = [.aiCrawler, .aiFetcher, .machine]
}

/// The lists, and the table they are looked up in.
///
/// Open addressing over 64-bit FNV-1a of the lower-case name: the words of a field are hashed as they are read, so
/// a field costs one pass and one probe a word. The table is built once and never grows, so a stranger cannot
/// fill it; a word that collides with a listed one (one in 2^64 a pair) would be misread, nothing worse.
struct UserAgentNames: Sendable {
    static let all = UserAgentNames(
        lists: [
            (.aiCrawler, aiCrawlers), (.aiFetcher, aiFetchers), (.machine, machines), (.machine, machineWords),
            ([.usual, .platform], platforms), ([.usual, .engine], engines), (.usual, usual), (.appliance, appliances),
            (.app, apps), (.opener, openers),
            ([.windows, .platform, .usual], "windows win winnt"),
            ([.mac, .platform, .usual], "macintosh mac macos"),
            ([.linux, .platform, .usual], "linux x11 ubuntu fedora debian wayland freebsd openbsd netbsd"),
            ([.android, .platform], "android andr0id harmonyos harmony yunos aliyunos"),
            ([.iPhone, .platform, .phone], "iphone ipod ios"), ([.iPad, .platform, .tablet], "ipad ipados"),
            ([.chromeOS, .platform, .usual], "cros"),
            ([.phone, .usual], "lumia"), (.phone, "phone iemobile kaios symbianos symbian blackberry bb10 midp"),
            (.tablet, "tablet playbook kindle silk"), ([.television, .platform, .appliance], televisions),
            ([.console, .platform, .appliance], consoles), (.television, "tv"), (.compatible, "compatible"),
            ([.explorer, .engine, .usual], "msie trident"),
            (.explorer, "konqueror kindle netfront iemobile nokia symbianos webtv avantgo dreamcast"),
            ([.chrome, .usual], "chrome chromium"), ([.safari, .usual], "safari"), ([.electron, .usual], "electron"),
            ([.webKit, .engine, .usual], "applewebkit"),
            (.harmless, "cubot talkbot bsalsa"), (.mobile, "mobile"), (.version, "version"),
        ])

    /// Endings of a machine's name, on the boundary of a word: `bingbot/`, `SiteChecker `, `Luminator-robots`.
    static let endings = Endings(
        """
        bot bots crawler crawlers crawl spider scraper scan fetcher checker validator scanner archiver indexer \
        preview harvester extractor monitor downloader analyzer analyser auditor screenshot webpreview favicon \
        linkpreview previewer parser httpclient sitemap watchagent imageproxy adsbot
        """)

    /// What is known of a name.
    struct Entry: Sendable {
        fileprivate(set) var sign: UserAgentSign = []
        /// Its place in `UserAgentNames.browsers`.
        fileprivate(set) var browser: UInt8?
        /// Its place in `UserAgentNames.systems`.
        fileprivate(set) var system: UInt8?
    }

    private let keys: [UInt64]
    private let entries: [Entry]

    private init(lists: [(UserAgentSign, String)]) {
        var table: [UInt64: Entry] = [:]
        for (sign, names) in lists {
            for name in names.split(whereSeparator: \.isWhitespace) {
                table[UserAgentHash(name.utf8).value, default: Entry()].sign.formUnion(sign)
            }
        }
        for (place, browser) in Self.browsers.enumerated() {
            for word in browser.words.split(separator: " ") {
                table[UserAgentHash(word.utf8).value, default: Entry()].browser = UInt8(place)
            }
        }
        for (place, system) in Self.systems.enumerated() {
            for word in system.words.split(separator: " ") {
                table[UserAgentHash(word.utf8).value, default: Entry()].system = UInt8(place)
            }
        }
        var size = 1
        while size < table.count * 4 { size *= 2 }
        var keys = [UInt64](repeating: 0, count: size)
        var entries = [Entry](repeating: Entry(), count: size)
        for (key, entry) in table {
            var slot = Int(truncatingIfNeeded: key) & (size - 1)
            while keys[slot] != 0 { slot = (slot + 1) & (size - 1) }
            keys[slot] = key
            entries[slot] = entry
        }
        self.keys = keys
        self.entries = entries
    }

    func entry(of hash: UserAgentHash) -> Entry {
        var slot = Int(truncatingIfNeeded: hash.value) & (keys.count - 1)
        while keys[slot] != 0 {
            if keys[slot] == hash.value { return entries[slot] }
            slot = (slot + 1) & (keys.count - 1)
        }
        return Entry()
    }

    /// Endings, the last eight letters of each packed into a word: enough to tell them, one comparison each.
    struct Endings: Sendable {
        private let packed: [(letters: UInt64, mask: UInt64)]
        /// Bit n for an ending whose last letter is the nth: rules most words out at once.
        private let lastLetters: UInt32

        init(_ words: String) {
            var packed: [(letters: UInt64, mask: UInt64)] = []
            var lastLetters: UInt32 = 0
            for word in words.split(whereSeparator: \.isWhitespace) {
                var tail: UInt64 = 0
                for byte in word.utf8 { tail = tail << 8 | UInt64(byte) }
                packed.append((tail, word.utf8.count < 8 ? 1 << (8 * UInt64(word.utf8.count)) - 1 : .max))
                lastLetters |= 1 << (UInt32(truncatingIfNeeded: tail & 0xff) - 97)
            }
            self.packed = packed
            self.lastLetters = lastLetters
        }

        /// Whether a word ends so, given its last eight letters in lower case.
        func match(_ tail: UInt64) -> Bool {
            if lastLetters & 1 << (UInt32(truncatingIfNeeded: tail & 0xff) &- 97) == 0 { return false }
            for ending in packed where tail & ending.mask == ending.letters { return true }
            return false
        }
    }
}

/// FNV-1a of a name, letters folded to lower case.
struct UserAgentHash: Sendable {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    init() {}

    init(_ name: some Sequence<UInt8>) {
        for byte in name { add(byte) }
    }

    mutating func add(_ byte: UInt8) {
        let folded = byte &- 65 < 26 ? byte | 32 : byte
        value = (value ^ UInt64(folded)) &* 0x100_0000_01b3
    }
}

extension UserAgentNames {
    /// Collect for training, or for the index an answering machine searches.
    private static let aiCrawlers = """
        gptbot oai-searchbot oai-adsbot claudebot claude-searchbot claude-web anthropic-ai ccbot bytespider \
        tiktokspider google-extended google-cloudvertexbot googleother googleother-image googleother-video \
        meta-externalagent facebookbot meta-webindexer applebot-extended amazonbot perplexitybot cohere-ai \
        cohere-training-data-crawler diffbot omgili omgilibot webzio-extended webzio imagesiftbot img2dataset \
        ai2bot ai2bot-dolma ai2bot-deepresearcheval aihitbot youbot timpibot pangubot kangaroo \
        velenpublicwebcrawler friendlycrawler icc-crawler isscyberriskcrawler sidetrade deepseekbot chatglm-spider \
        mistralai-index tavilybot linkupbot linerbot firecrawl firecrawlagent crawl4ai brightbot apifybot \
        apifywebsitecontentcrawler laion-huggingface-processor duckassistbot phindbot andibot quillbot iaskspider \
        iaskbot anomura channel3bot shapbot zanistabot extecontextcrawl kunatocrawler henkbot thinkbot kendrabot \
        imagemind terracotta cotoyogi sbintuitionsbot panscient factset_spyderbot awario wpbot yandexadditional \
        yandexadditionalbot semrushbot-ocob bedrockbot qualifiedbot mycentralaiscraperbot amzn-searchbot \
        azureai-searchbot newsai poggio-citations spawning-ai crawl4ai-adapter semantic-visions-discovery \
        semantic-visions.com tsm-turingos flyriverbot bigsur.ai taragroup echobot cloudflare-autorag \
        novaact-crawler wrtnbot googleagent-mariner aranet-searchbot atlassian-bot linkreader
        """

    /// Fetch because a person asked just now.
    private static let aiFetchers = """
        chatgpt-user claude-user claude-code perplexity-user perplexityuser mistralai-user meta-externalfetcher \
        google-notebooklm notebooklm google-agent gemini-deep-research amzn-user kagi-fetcher novaact manus-user \
        manus devin opencode-smartfetch
        """

    /// Machines that look like a browser or an app otherwise, known by name.
    private static let machines = """
        headlesschrome phantomjs slimerjs chrome-lighthouse lighthouse puppeteer playwright selenium webdriver \
        cypress htmlunit jsdom zombie.js prerender rendertron ptst pingdomtms gtmetrix dareboost yslow speedcurve \
        catchpoint newrelicsynthetics datadogsynthetics appinsights ahrefs semrush netcraft censys shodan zgrab \
        nmap nessus openvas nikto sqlmap wpscan masscan nuclei google-adwords-instant adsbot-google \
        adsbot-google-mobile mediapartners-google apis-google feedfetcher-google google-read-aloud \
        google-inspectiontool google-structured-data-testing-tool google-site-verification google-physicalweb \
        google-favicon google-safety google-ads-conversions googleweblight facebookexternalhit facebookcatalog \
        facebookplatform slackbot-linkexpanding skypeuripreview bingpreview slurp baiduspider ia_archiver \
        archive.org heritrix nutch duckduckgo-favicons-bot w3c_validator feedly feedbin newsblur inoreader \
        netnewswire feedburner theoldreader googleimageproxy yahoomailproxy yahoocachesystem mail.ru_bot \
        pinterestbot embedly iframely siteimprove silktide dotcom-monitor site24x7 statuscake uptimerobot \
        hetrixtools dataprovider barkrowler contentking daumoa
        """

    /// Words that only a machine says of itself, and libraries and tools.
    private static let machineWords = """
        bot bots robot robots crawler crawlers crawling spider spiders scraper scraping scrapy headless harvester \
        curl libcurl wget python python-requests aiohttp httpx urllib libwww-perl lwp perl ruby php guzzle \
        guzzlehttp httpclient httpcomponents jakarta axios node-fetch undici needle superagent go-http-client \
        colly winhttp winhttprequest httrack webcopier synthetics synthetic validator linkchecker checker \
        monitoring scanner vulnerability archiver indexer feedparser simplepie existence agent hotjar
        """

    private static let platforms = """
        nt intel ppc os unix sunos solaris irix hp-ux aix osf1 haiku beos amigaos amiga morphos cygwin_nt \
        dragonfly hurd webpositive sailfish tizen webos symbianos symbian blackberry bb10 playbook kaios \
        openharmony series60 maemo meego palmos palm hpwos j2me midp brew mobile tablet phone kindle fuchsia os/2 \
        warp risc nintendo wii playstation xbox mobilephone device android cros minix syllable
        """

    private static let engines = """
        gecko khtml presto netfront goanna servo blink opera dillo netscape konqueror icab omniweb arkweb links \
        webkit edgehtml netsurf mosaic
        """

    /// What desktop browsers, and the systems they were built for, put into the field.
    private static let usual = """
        mozilla version mobile like khtml gecko win64 wow64 x64 x86 x86_64 amd64 arm arm64 aarch64 armv7l armv8l \
        i386 i586 i686 ia64 ppc64 ppc64le riscv64 mips sparc sun4u sun4v alpha rv build touch tablet arch gentoo \
        suse opensuse mandriva mandrake centos kubuntu mint linuxmint redhat slackware manjaro nixos elementary \
        raspbian void the net clr cpu xbox media center windows-media-player security pre hwp2 hwp web wv edg edge \
        edga edgios opr oprgx opera firefox crios fxios focus seamonkey iceweasel icecat iceape palemoon waterfox \
        librewolf basilisk k-meleon camino epiphany galeon konqueror rekonq midori falkon qupzilla otter arora \
        uzbl luakit surf conkeror qtwebengine qtwebkit webkitgtk vivaldi yabrowser yowser yptp yasearchbrowser \
        brave bravebrowser whale samsungbrowser ucbrowser ubrowser qqbrowser tencenttraveler micromessenger \
        windowswechat wxwork metasr se maxthon mxbrowser 360se lbbrowser sogou sogoumse quark baidubrowser \
        bidubrowser 2345explorer theworld coc_coc_browser sleipnir lunascape avast ccleaner avg aol iron srware \
        comodo_dragon icedragon dragon torch rockmelt flock netscape navigator netscape6 netscape7 phoenix \
        firebird minefield shiretoko namoroka granparadiso bonecho thunderbird postbox spicebird lightning puffin \
        duckduckgo ddg kagi orion arc dia comet atlas edition std next campaign iridium ungoogled ghostery cliqz avira \
        avirascoutbrowser norton slack teams teamsmobile discord obsidian notion spotify whatsapp instagram \
        wavebox franz ferdi station steam valve gameoverlay qt cef cefsharp awesomium nativefier zoom msteams \
        outlook onenote onedrive webexteams signal telegramdesktop code cursor vscode figma postman huaweibrowser \
        arkweb osmeta servo goanna webview kiosk atom amigo nichrome mail.ru_browser mrchrome sputnik hola citrio \
        epic spark bdspark superbird dooble cyberfox wyzo swing slimboat slimjet cent centbrowser silk-accelerated \
        silk adk huaweipc miuibrowser gsa presto icab omniweb shiira stainless fluid raven sunrise cheshire mypal \
        serpent chromeplus snowshoe eolie ladybird teak xiaomi oculusbrowser quest vr tesla gnu tor supermium \
        thorium mercury floorp zen polypane sidekick ulaa aloha alohabrowser colibri min jetbrains javafx swt wpe \
        applemail apple mail appleexcludehttptargetid adobeair
        """

    /// A phone's, a television's or a console's own browser says these and a machine does not.
    private static let appliances = """
        up.browser up.link midp-1.0 midp-2.0 midp-2.1 midp cldc cldc-1.0 cldc-1.1 netfront obigo teleca maui \
        maui-browser maui-wap-browser wap wap-browser openwave semc-browser nokiabrowser series40 series60 \
        s40ovibrowser blackberry docomo kddi softbank j-phone vodafone nucleus mtk mre brew polaris dorado ucweb \
        ucbrowser jasmine danger sprint kaios iemobile playbook symbianos symbian webtv dreamcast psp kindle nook \
        hiptop palmsource blazer avantgo webos hpwos maemo silk pocketbook bada dolfin nokian nokia samsung \
        sonyericsson javaplatform
        """

    /// The HTTP stack of an app, or an app that shows pages itself.
    private static let apps = """
        cfnetwork darwin dalvik exoplayerlib fban fbav applecoremedia outlook office micromessenger windowswechat \
        wxwork dingtalk
        """

    private static let televisions = """
        smart-tv smarttv hbbtv ce-html tizen web0s netcast googletv appletv apple-tv crkey roku rokuos dvkit dtv \
        viera aquos bravia vidaa hisense netrange netgem webtv nettv opera-tv inettvbrowser aftt smart_tv omi \
        tivoos maple dlnadoc freesat youview titanos whaletv saphi loewe vizio
        """

    private static let consoles = """
        playstation ps3 nintendo nintendobrowser xbox wii wiiu 3ds nitro psp vita dreamcast steamdeck
        """

    /// First words of browsers older or smaller than the habit of beginning with Mozilla.
    ///
    /// `okhttp` is the HTTP library of Android apps: an app's tracker says just `okhttp/4.12.0`. Scripts use it too,
    /// but to a contact hub a customer dropped costs more than a script counted.
    private static let openers = """
        opera opera%20next ucweb juc dalvik okhttp lynx links elinks w3m mosaic ncsa_mosaic iceweasel amaya dillo \
        netsurf icab webkit safari mqqbrowser qqbrowser androiddownloadmanager ibrowse amigavoyager emacs-w3m \
        monazilla rokubrowser
        """

    /// What a person calls the browser or the app, and the words it goes by.
    ///
    /// The one that says most comes first, because an in-app browser names the engine's browser too.
    static let browsers: [(name: String, words: String)] = [
        ("Facebook", "fban fbav fb_iab fbios fbav"), ("Instagram", "instagram"), ("LinkedIn", "linkedinapp"),
        ("WhatsApp", "whatsapp"), ("TikTok", "musical_ly trill bytedancewebview tiktok"), ("Snapchat", "snapchat"),
        ("Pinterest", "pinterest"), ("WeChat", "micromessenger"), ("LINE", "line"), ("Google app", "gsa googleapp"),
        ("DuckDuckGo", "duckduckgo ddg"), ("Samsung Internet", "samsungbrowser"),
        ("UC Browser", "ucbrowser ucweb ubrowser"),
        ("Huawei Browser", "huaweibrowser"), ("Mi Browser", "miuibrowser"), ("Yandex", "yabrowser"),
        ("Vivaldi", "vivaldi"), ("Brave", "brave bravebrowser"),
        ("Whale", "whale"), ("QQ Browser", "qqbrowser mqqbrowser"), ("Silk", "silk"), ("Opera Mini", "opios"),
        ("Edge", "edg edge edga edgios"), ("Opera", "opr opt opera oprgx"),
        ("Internet Explorer", "msie trident iemobile"),
        ("Firefox", "firefox fxios focus"), ("Chrome", "chrome crios chromium"), ("Safari", "safari"),
        ("Konqueror", "konqueror"), ("NetFront", "netfront"), ("Android app", "dalvik"),
    ]

    /// Systems, the one that says most first: `CPU iPhone OS 17 like Mac OS X` is no Mac.
    static let systems: [(name: String, words: String)] = [
        ("Xbox", "xbox"), ("PlayStation", "playstation ps3 psp vita"), ("Nintendo", "nintendo nintendobrowser wiiu"),
        ("Tizen", "tizen"), ("webOS", "web0s webos hpwos"), ("KaiOS", "kaios"),
        ("BlackBerry", "blackberry bb10 playbook"),
        ("Symbian", "symbian symbianos series60 series40"), ("iOS", "iphone ipad ipod ios ipados"),
        ("Android", "android andr0id yunos aliyunos"), ("HarmonyOS", "harmonyos openharmony"), ("ChromeOS", "cros"),
        ("Windows", "windows win winnt"), ("macOS", "macintosh mac macos"), ("FreeBSD", "freebsd"),
        ("OpenBSD", "openbsd"),
        ("Linux", "linux x11 ubuntu fedora debian wayland"),
    ]
}
