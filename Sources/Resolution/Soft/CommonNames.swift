/// How common names are, as shares of all people in ten-millionths: the shipped guess, from general knowledge, of
/// names in Italy and of those its neighbours and newcomers bear. A model that was trained carries its own.
///
/// It also tells given names from surnames when a name is read, so it is part of ``SoftModel/reading``.
enum CommonNames {
    /// Share of a given name that stands in no list.
    static let unseenGiven = 20_000
    /// Share of a surname that stands in no list.
    static let unseenSurname = 2_000

    /// How common a word is in either role, as log2 of its share in ``Bits``.
    struct Share: Sendable {
        let given: Int
        let surname: Int
    }

    /// A surname that begins with a particle.
    static let particle = Share(given: 0, surname: Bits.log2(of: 1_000_000))

    /// Of a word, by its ``SpellingHash``, in the reading of names.
    static func share(of word: UInt64) -> Share { shares[word] }

    private static let shares: WordTable<Share> = {
        // Of two words that stand in no list the first is the given name.
        let absent = Share(given: Bits.log2(of: 5_000), surname: Bits.log2(of: 500))
        let words = Set(given.keys).union(surnames.keys)
        return WordTable(
            words.map { word in
                (
                    SpellingHash.of(word.utf8),
                    Share(
                        given: given[word].map(Bits.log2(of:)) ?? absent.given,
                        surname: surnames[word].map(Bits.log2(of:)) ?? absent.surname)
                )
            }, absent: absent)
    }()

    static let given = table([
        (260_000, "maria giuseppe"),
        (160_000, "giovanni antonio anna francesco"),
        (
            110_000,
            """
            andrea marco luigi alessandro roberto mario salvatore vincenzo stefano paolo luca giuseppina rosa angela
            giovanna laura francesca
            """
        ),
        (
            70_000,
            """
            domenico massimo matteo davide simone fabio claudio carlo angelo pietro michele daniele giorgio
            alberto giulia sara elena chiara paola lucia teresa carmela caterina daniela silvia martina
            valentina federica alessandra simona barbara patrizia
            """
        ),
        (
            40_000,
            """
            lorenzo riccardo enrico sergio franco bruno maurizio filippo gabriele nicola raffaele federico emanuele
            alessio cristian christian mauro pasquale giacomo tommaso edoardo diego leonardo mattia fabrizio
            gianluca umberto renato enzo gino aldo giulio rosario carmelo gennaro ciro cristina
            monica elisa antonella stefania roberta sabrina manuela michela claudia eleonora giorgia sofia
            aurora alice beatrice ilaria serena veronica marta emma greta ludovica rita luisa carla concetta
            antonietta vincenza margherita lina ines adriana gabriella bruna franca silvana ornella loredana
            tiziana donatella
            """
        ),
        (
            15_000,
            """
            samuele nicolo niccolo jacopo giosue michelangelo ettore achille ernesto alfredo arturo guido ugo
            vittorio valerio adriano ivan ivano walter oscar dario danilo denis devis manuel samuel gianni gianfranco
            giancarlo gianmarco gianpaolo gianpiero giampaolo giampiero pierluigi piero pierpaolo piergiorgio pier gian
            tiziano silvio livio fulvio flavio ottavio remo romolo nello nino mirko igor thomas omar elia noe mose
            isacco gioele enea liam nathan brando cesare augusto armando orlando rocco cosimo gaetano agostino
            calogero ignazio biagio donato leonardo saverio sebastiano alfio orazio santo corrado gerardo
            viola noemi ginevra camilla bianca matilde vittoria nicole gaia asia arianna anita irene rachele emily
            eva ada gloria diana debora deborah jessica giada miriam ester erika erica katia nadia sonia tania
            lorella luciana liliana ivana marina mirella nicoletta ottavia pia piera rossella rosanna rosaria
            santina assunta filomena immacolata lidia letizia lorena mara mariangela marianna marilena marisa
            maddalena raffaella ramona romina samantha susanna tamara vanessa virginia wanda zaira zoe perla
            renata carolina celeste clara costanza delia dora elvira emilia enrica ermelinda fabiana fabiola
            fiorella flavia fulvia gemma gilda giuliana grazia graziella iolanda isabella lara livia loretta
            """
        ),
        (
            12_000,
            """
            john james robert michael william david richard thomas charles christopher daniel matthew anthony mark
            paul steven andrew joshua kevin brian george edward jack harry oliver jacob noah alfie freddie archie
            oscar logan theo mohammed muhammad ahmed ali hassan omar ibrahim youssef mohamed fatima aisha
            mary patricia jennifer linda elizabeth barbara susan jessica sarah karen nancy lisa margaret emily
            olivia amelia isla ava grace freya poppy ella lily evie sophie lucy charlotte hannah megan
            hans peter michael klaus jurgen wolfgang gunther stefan andreas thomas ursula monika petra sabine
            jean pierre michel philippe alain nicolas francois julien marie nathalie isabelle sylvie helene
            jose manuel juan carlos javier miguel carmen isabel pilar ana luis jorge pedro
            andrei ion ioan alexandru mihai stefan ionut elena ioana mihaela andreea maria daniela florin
            mehmet mustafa wei ming li chen singh kumar olga oksana tatiana svetlana irina natalia yulia
            """
        ),
    ])

    static let surnames = table([
        (30_000, "rossi"),
        (20_000, "russo ferrari esposito bianchi romano"),
        (12_000, "colombo ricci marino greco bruno gallo conti deluca mancini costa giordano rizzo lombardi moretti"),
        (
            8_000,
            """
            barbieri fontana santoro mariani rinaldi caruso ferrara galli martini leone longo gentile martinelli vitale
            lombardo serra coppola desantis dangelo marchetti parisi villa conte ferraro ferri fabbri bianco marini
            grasso valentini messina sala deangelis gatti pellegrini palumbo sanna farina rizzi monti cattaneo
            morelli amato silvestri mazza testa grassi pellegrino carbone giuliani benedetti barone rossetti caputo
            montanari guerra palmieri bernardi martino fiore derosa ferretti bellini basile riva donati piras vitali
            """
        ),
        (
            4_000,
            """
            battaglia sartori neri costantini milani pagano ruggiero sorrentino damico orlando damico negri mantovani
            bassi franco sorrentino bruni dandrea ferrero giannini dinapoli cocco cirillo fusco palma bernardini
            marra guidi pace gallina melis fiorentino lombardini venturi damiani bianchini calabrese poli castelli
            mele pastore meloni landi gargiulo rota rosa ruggeri fumagalli cavallo piazza zanella ventura bosco
            cattani volpe cosentino tosi piccolo locatelli perrone zanetti monaco giorgi antonelli nardi simone
            salerno vaccaro colella distefano dimarco dipietro ditommaso degasperi dellacqua dalessandro lopresti
            loverde dallacosta santini santelli filippi porcu casadei riccardi agostini marchi brambilla bonetti
            villani oliva orsini vacca gentili corti capelli pozzi corsi mazzoni magnani maggi bassani
            trevisan furlan zanon moro visentin boscolo pavan vianello busato dalpra marchesi carta murgia pinna
            loi deiana floris serra porta catalano licata randazzo lombardo messana ingrassia castiglione
            iovine desimone ascione capasso cozzolino guarino iannone liguori napolitano petrone scognamiglio
            """
        ),
        (
            4_000,
            """
            smith jones taylor williams brown davies evans wilson thomas johnson roberts walker wright robinson
            thompson white hughes edwards green hall wood harris lewis martin jackson clarke clark turner hill
            scott cooper morris ward moore king watson baker harrison morgan patel young allen mitchell james
            anderson phillips lee bell parker davis campbell kelly ryan murphy stewart nguyen singh khan ahmed
            """
        ),
        (
            2_500,
            """
            muller schmidt schneider fischer weber meyer wagner becker schulz hoffmann koch bauer richter klein
            wolf schroder neumann schwarz zimmermann braun hofmann kruger hartmann lange
            bernard dubois petit durand leroy moreau simon laurent lefevre lefebvre michel garcia david bertrand
            roux vincent fournier girard
            gonzalez rodriguez fernandez lopez martinez sanchez perez gomez jimenez ruiz hernandez diaz moreno
            popescu popa ionescu radu dumitru stan stoica gheorghe rusu munteanu marin ciobanu constantin
            hu chen wang li zhang liu lin wu zhou yang xu sun zhao huang
            hossain islam rahman begum ali hussain akhtar mohamed hassan kaur kumar sharma
            hoxha shehu prifti dervishi leka kola gjoka
            """
        ),
    ])

    private static func table(_ rows: [(share: Int, names: String)]) -> [String: Int] {
        var table: [String: Int] = [:]
        for row in rows {
            // A name in two lists keeps the greater share.
            for name in row.names.split(whereSeparator: \.isWhitespace) where table[String(name)] == nil {
                table[String(name)] = row.share
            }
        }
        return table
    }
}
