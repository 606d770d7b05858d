import Contact
import Testing

@testable import Resolution

@Suite struct NameReadingTests {
    private static let spellings: [(String, given: String, surname: String)] = [
        ("Mario Rossi", "mario", "rossi"), ("ROSSI MARIO", "mario", "rossi"), ("rossi, mario", "mario", "rossi"),
        ("Rossi,Mario", "mario", "rossi"), ("Dott. Mario Rossi", "mario", "rossi"), ("mario  rossi", "mario", "rossi"),
        ("de luca maria rosa", "mariarosa", "deluca"), ("Maria Rosa De Luca", "mariarosa", "deluca"),
        ("De Luca, Maria Rosa", "mariarosa", "deluca"), ("Maria De Luca", "maria", "deluca"),
        ("DE LUCA MARIA", "maria", "deluca"), ("Anna D'Angelo", "anna", "dangelo"),
        ("D'ANGELO ANNA", "anna", "dangelo"),
        ("Anna D\u{2019}Angelo", "anna", "dangelo"), ("Niccolò Bianchi", "niccolo", "bianchi"),
        ("Nicolo' Bianchi", "nicolo", "bianchi"), ("BIANCHI NICOLO'", "nicolo", "bianchi"),
        ("Giuseppe Lo Presti", "giuseppe", "lopresti"), ("Lo Presti Giuseppe", "giuseppe", "lopresti"),
        ("Carlo Alberto Dalla Chiesa", "carloalberto", "dallachiesa"), ("Paolo Di Stefano", "paolo", "distefano"),
        ("DI STEFANO PAOLO", "paolo", "distefano"), ("Gian Luca Esposito", "gianluca", "esposito"),
        ("Esposito Gian Luca", "gianluca", "esposito"), ("Gianluca Esposito", "gianluca", "esposito"),
        ("Anna Maria Russo", "annamaria", "russo"), ("RUSSO ANNA MARIA", "annamaria", "russo"),
        ("Maria-Rosa Conti", "mariarosa", "conti"), ("M. Rossi", "m", "rossi"), ("Rossi M.", "m", "rossi"),
        ("Luca Della Valle", "luca", "dellavalle"), ("Giulia Dell'Acqua", "giulia", "dellacqua"),
        ("DELL'ACQUA GIULIA", "giulia", "dellacqua"), ("Sara Degli Esposti", "sara", "degliesposti"),
        ("Andrea San Giorgio", "andrea", "sangiorgio"), ("Hans von der Heide", "hans", "vonderheide"),
        ("Sean O'Brien", "sean", "obrien"), ("Francesca Müller", "francesca", "muller"),
        ("Sig.ra Elena Ferrari", "elena", "ferrari"), ("Ferrari Elena", "elena", "ferrari"),
        ("Marco Rossi Bianchi", "marco", "rossibianchi"), ("Jürgen Schröder", "jurgen", "schroder"),
        ("Łukasz Nowak", "lukasz", "nowak"), ("giovanni   battista  greco", "giovannibattista", "greco"),
    ]

    @Test(arguments: spellings.indices)
    func `A name is read as given name and surname however it is written`(place: Int) throws {
        let (written, given, surname) = Self.spellings[place]
        let reading = NameReading(PersonName.folded(written))
        #expect(reading.given?.full.text == given, "\(written)")
        #expect(reading.surname?.full.text == surname, "\(written)")
        #expect(reading.single == nil)
    }

    @Test(arguments: ["rossi", "De Luca", "Mario", "王小明", "D'Angelo"])
    func `One word is not guessed to be given or family`(name: String) {
        let reading = NameReading(PersonName.folded(name))
        #expect(reading.single != nil)
        #expect(reading.given == nil && reading.surname == nil)
    }

    private static let pairs: [(String, String, given: String, surname: String)] = [
        ("Mario Rossi", "Mario Rossi", "exact", "exact"), ("Mario Rossi", "ROSSI MARIO", "exact", "exact"),
        ("Enzo Rossi", "Vincenzo Rossi", "nickname", "exact"), ("Enzo Rossi", "Lorenzo Rossi", "nickname", "exact"),
        ("Pino Rossi", "Giuseppe Rossi", "nickname", "exact"), ("Beppe Rossi", "Peppino Rossi", "nickname", "exact"),
        ("Sandro Rossi", "Alessandro Rossi", "nickname", "exact"), ("Gigi Rossi", "Luigi Rossi", "nickname", "exact"),
        ("Mimmo Rossi", "Domenico Rossi", "nickname", "exact"), ("Totò Rossi", "Salvatore Rossi", "nickname", "exact"),
        ("Totò Rossi", "Antonio Rossi", "nickname", "exact"), ("Rob Allen", "Robert Allen", "nickname", "exact"),
        ("Maria Rossi", "Maria Rosa Rossi", "partial", "exact"), ("Maria Rossi", "Mariarosa Rossi", "partial", "exact"),
        ("Maria Rosa Rossi", "Mariarosa Rossi", "exact", "exact"),
        ("Rosa Rossi", "Maria Rosa Rossi", "partial", "exact"),
        ("Anna De Luca", "Anna Luca", "exact", "partial"), ("Anna De Luca", "Anna Deluca", "exact", "exact"),
        ("Anna D'Angelo", "Anna Dangelo", "exact", "exact"), ("Anna D'Angelo", "Anna De Angelis", "exact", "other"),
        ("Chiara Ghezzi", "Ciara Ghezi", "near", "sound"), ("Mattia Rossi", "Matia Rossi", "sound", "exact"),
        ("Filippo Rossi", "Philippo Rossi", "sound", "exact"), ("Mario Rossi", "Maria Rossi", "ending", "exact"),
        ("Francesco Rossi", "Francesca Rossi", "ending", "exact"), ("M. Rossi", "Mario Rossi", "initial", "exact"),
        ("Giovanni Rossi", "Giovami Rossi", "near", "exact"), ("Mario Rossi", "Giulia Rossi", "other", "exact"),
        ("Mario Rossi", "Mario Rozzi", "exact", "faint"), ("Nicolò Rossi", "Niccolò Rossi", "nickname", "exact"),
        ("Maria Rosa De Luca", "De Luca Rosa Maria", "exact", "exact"),
    ]

    @Test(arguments: pairs.indices)
    func `Each level is met by what it is for`(place: Int) throws {
        let (a, b, given, surname) = Self.pairs[place]
        for (one, other) in [(a, b), (b, a)] {
            let levels = try #require(names(one, other))
            #expect(levels.given == given && levels.surname == surname, "\(one), \(other): \(levels)")
        }
    }

    @Test func `Names that nobody can order are compared crossed`() throws {
        // Neither word stands in a list.
        let crossed = try #require(names("Tarquenio Barquelli", "Barquelli Tarquenio"))
        #expect(crossed.isCrossed)
        #expect(crossed.given == "exact" && crossed.surname == "exact")
    }
}
