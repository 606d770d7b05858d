/// Which given names may be one name in daily use.
///
/// A nickname stands for several names and a name has several nicknames (`Enzo` for Vincenzo and Lorenzo), so none is
/// ever rewritten into another: two names are familiar when a root of one is a root of the other.
enum Nicknames {
    /// In which lists a name stands, a bit each.
    struct Roots: Sendable {
        private var bits = SIMD4<UInt64>()

        fileprivate mutating func insert(_ list: Int) { bits[list / 64] |= 1 << UInt64(list % 64) }

        mutating func formUnion(_ other: Roots) { bits |= other.bits }

        /// Whether both stand in one.
        func meet(_ other: Roots) -> Bool {
            let both = bits & other.bits
            return both[0] | both[1] | both[2] | both[3] != 0
        }
    }

    /// The roots of a folded given name, by its ``SpellingHash``; none for a name in no list.
    static func roots(of name: UInt64) -> Roots { roots[name] }

    private static let roots: WordTable<Roots> = {
        var roots: [UInt64: Roots] = [:]
        let lines = table.split(separator: "\n")
        for (number, line) in lines.enumerated() {
            for name in line.split(whereSeparator: { $0 == " " || $0 == ":" }) {
                roots[SpellingHash.of(name.utf8), default: Roots()].insert(number)
            }
        }
        return WordTable(roots.map { ($0.key, $0.value) }, absent: Roots())
    }()

    /// A name, and what those who bear it are called.
    private static let table = """
        giuseppe: beppe peppe pino peppino beppino giuseppino pinuccio geppi bepi peppuccio
        giuseppina: pina pinuccia giusy giusi peppina beppina
        giovanni: gianni nanni vanni giannino giovannino gian
        giovanna: gianna vanna giovannina nanna
        vincenzo: enzo cenzo vincenzino enzino
        vincenza: enza cenza vincenzina
        lorenzo: enzo renzo lori
        alessandro: sandro ale alex sandrino lessandro
        alessandra: sandra ale alex
        antonio: tonio toni tony tonino nino antonino toto tonio antonello
        antonia: tonia antonietta antonella tonina
        salvatore: toto salvo turi tore sasa salvino tury
        francesco: franco cesco checco ciccio franceschino chicco francy
        francesca: franca cesca checca chicca franci francy
        domenico: mimmo mimi mico menico nico domenichino
        domenica: mimma menica nica domenichina
        luigi: gigi gino luigino gigino gigetto
        luigia: gina gigia luigina luisa
        roberto: roby rob bobo robertino berto robi
        roberta: roby robi robertina
        stefano: stefanino ste fano
        michele: michelino lino miki miky michelangelo
        michela: micky miki micaela
        maria: mariuccia mary marietta mariella mariolina
        mariagrazia: grazia mary
        margherita: rita ghita marghe
        caterina: rina cate katia kate catia
        elisabetta: betta elisa lisa betty eli elisabeth
        elena: lena ele nena
        annamaria: anna
        anna: annarella annina annuccia nina
        teresa: teresina resi tere
        federico: fede chicco rico
        federica: fede chicca
        gabriele: lele gabri gabry
        gabriella: gabri lella gabry
        raffaele: lele raffa raf lello faele
        raffaella: raffa lella raf
        emanuele: lele manu manuele manuel ema
        emanuela: manu manuela lela ema
        daniele: dani danny lele
        daniela: dani danny lela
        riccardo: ricky richi ricco riky
        enrico: chicco rico richetto
        ferdinando: nando dino ferdi
        fernando: nando
        armando: nando
        tommaso: tommi maso masino tom tommy
        leonardo: leo nardo dino
        pasquale: lino pasqualino
        gennaro: rino gennarino jenny
        carmelo: melo lino carmelino
        carmela: melina lina carmelina carmen
        rosario: saro rosarino sasa
        rosaria: sara saria
        gaetano: tano nino
        sebastiano: bastiano nello iano seba
        giacomo: mino jack giacomino
        cosimo: mimmo mino cosimino
        girolamo: mommo gerolamo
        bartolomeo: bartolo meo
        mattia: matti
        matteo: matte teo
        edoardo: edo
        eduardo: edo edy
        filippo: pippo fili lippo
        nicola: nico nicolino cola niki nicolo
        niccolo: nico nicolo nicola
        andrea: andy andre
        massimo: max massi
        massimiliano: max massi massimo
        maurizio: mauri mauro icio
        fabrizio: fabri bicio fabry
        fabio: fabietto
        simone: simo
        simona: simo
        valentina: vale valenti
        valeria: vale
        patrizia: patty pat
        cristina: cri cristi titti
        cristiano: cri cristian
        claudio: cla claudietto
        silvia: silvietta
        giulia: giuly giulietta
        martina: marti
        ludovica: ludo vica
        lodovico: ludo vico ludovico
        concetta: cettina tina concettina
        immacolata: imma tina titina
        assunta: susy tina assuntina
        santina: tina santa
        agata: agatina tina
        costantino: tino costa
        agostino: tino gostino
        valentino: tino vale
        ernesto: tino
        eleonora: nora ele norina
        beatrice: bea bice
        ernestina: tina
        bernardo: dino nardo
        alberto: berto albi
        umberto: berto umbertino
        gilberto: berto
        adalberto: berto
        pierluigi: gigi piero pier
        piergiorgio: piero pier
        giancarlo: gianni carlo
        gianfranco: gianni franco
        gianluca: luca
        gianmarco: marco
        gianpaolo: paolo giampaolo
        gianpiero: piero giampiero
        robert: rob bob bobby robbie
        william: will bill billy willy liam
        richard: dick rick ricky rich
        james: jim jimmy jamie
        john: jack johnny jon
        jonathan: jon john jonny
        michael: mike mick mickey
        thomas: tom tommy thom
        charles: charlie chuck
        christopher: chris kit
        matthew: matt
        anthony: tony
        andrew: andy drew
        joseph: joe joey
        joshua: josh
        daniel: dan danny
        david: dave davey
        edward: ed eddie ted ned
        alexander: alex sandy al xander
        alexandra: alex sandra lexi
        benjamin: ben benny
        samuel: sam sammy
        samantha: sam sammy
        nicholas: nick nicky
        patrick: pat paddy
        stephen: steve stevie steven
        steven: steve stevie stephen
        gregory: greg
        frederick: fred freddie freddy
        theodore: theo ted
        zachary: zac zach zack
        elizabeth: liz beth betty eliza lizzie bess libby
        katherine: kate kathy katie kat catherine
        catherine: kate cathy katie cat
        margaret: maggie meg peggy
        jennifer: jen jenny
        jessica: jess jessie
        rebecca: becky becca
        patricia: pat patty tricia
        victoria: vicky tori
        deborah: debbie deb
        susan: sue susie
        isabella: bella izzy isa
        abigail: abby abbie
        emily: em emmy
        eleanor: ellie nell nora
        charlotte: charlie lottie
        hans: johannes johann hannes
        johannes: jo hannes
        stefan: steffen
        wolfgang: wolf
        francisco: paco pancho curro
        jose: pepe
        ignacio: nacho
        alexandru: alex sandu
        ioana: oana
        """
}
