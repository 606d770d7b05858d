/// Finds words that speak of somebody's health, faith or politics (GDPR, article 9), so that whoever writes them down is asked
/// once more.
///
/// Two small lists, Italian and English, compared word by word without case and accents. Nothing is guessed from them, and what
/// they do not find is not thereby harmless. Words that mostly mean something else in a shop (a policy, a party, an operation)
/// are left out: a warning that is mostly wrong is soon confirmed unread.
package enum DelicateWords {
    package enum Topic: String, Sendable, CaseIterable { case health, faith, politics }

    package struct Finding: Hashable, Sendable {
        package let topic: Topic
        /// As it was compared.
        package let word: String
    }

    /// Each word once, in the order of the text.
    package static func find(in text: String) -> [Finding] {
        var seen: Set<String> = []
        var found: [Finding] = []
        for part in Text.fold(text).split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            let word = String(part)
            guard let topic = topics[word], seen.insert(word).inserted else { continue }
            found.append(Finding(topic: topic, word: word))
        }
        return found
    }

    private static let topics: [String: Topic] = {
        var topics: [String: Topic] = [:]
        for (topic, words) in [(Topic.health, health), (.faith, faith), (.politics, politics)] {
            for word in words.split(whereSeparator: \.isWhitespace) { topics[String(word)] = topic }
        }
        return topics
    }()

    private static let health = """
        malattia malattie malato malata malati malate ammalato ammalata tumore tumori cancro leucemia chemio chemioterapia \
        radioterapia diabete diabetico diabetica celiaco celiaca celiachia allergia allergie allergico allergica asma \
        asmatico asmatica depressione depresso depressa ansia psichiatra psicologo psicologa psicoterapia autismo autistico \
        autistica demenza alzheimer parkinson epilessia epilettico epilettica infarto ictus ospedale ricovero ricoverato \
        ricoverata incinta gravidanza aborto disabile disabili disabilita invalido invalida invalidita handicap sieropositivo \
        sieropositiva hiv aids epatite dialisi trapianto carrozzella cieco cieca sordo sorda dislessia dislessico dislessica \
        alcolista tossicodipendente \
        illness illnesses ill disease diseases cancer tumor tumour leukemia leukaemia chemotherapy chemo radiotherapy \
        diabetes diabetic coeliac celiac allergy allergies allergic asthma asthmatic depression depressed anxiety \
        psychiatrist psychologist psychotherapy autism autistic adhd dementia epilepsy epileptic stroke hospital \
        hospitalised hospitalized surgery pregnant pregnancy abortion miscarriage disabled disability wheelchair hepatitis \
        dialysis transplant deaf dyslexia dyslexic alcoholic bipolar schizophrenia
        """

    private static let faith = """
        religione religioso religiosa cattolico cattolica cattolici cristiano cristiana cristiani ortodosso ortodossa \
        protestante evangelico evangelica musulmano musulmana musulmani islam islamico islamica ebreo ebrea ebrei ebraico \
        ebraica buddista induista ateo atea parrocchia parroco moschea sinagoga geova ramadan halal kosher battesimo cresima \
        religion religious catholic catholics christian christians protestant evangelical orthodox muslim muslims islamic \
        jew jews jewish buddhist hindu sikh atheist parish mosque synagogue church baptism jehovah imam rabbi
        """

    private static let politics = """
        comunista comunisti fascista fascisti socialista leghista leghisti grillino grillina berlusconiano sovranista \
        anarchico anarchica elettore elettrice elezioni votato attivista sindacato sindacalista cgil cisl uil partigiano \
        partigiana \
        communist communists fascist fascists socialist anarchist republican democrat voter voted elections activist \
        unionist political politics
        """
}
