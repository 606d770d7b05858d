/// Search engines that are small, local or gone, one a line in the form of ``Places``.
///
/// Kept because imported logs reach back for years. Hosts and parameter names are public facts; whoever serves
/// several purposes on one host (a portal's front page, a shop) is not here.
enum OlderSearchEngines {
    static let list = """
        Bluewin | searchTerm,q | search.bluewin.ch
        Excite | | search.excite.it search.excite.fr search.excite.de search.excite.co.uk search.excite.es
        Excite | | search.excite.nl msxml.excite.com
        Search.ch | | search.ch
        Toppreise.ch | search | toppreise.ch
        Abacho | | abacho.de abacho.com abacho.co.uk abacho.at abacho.fr abacho.es abacho.ch abacho.it
        Acoon | begriff | acoon.de
        Allesklar | words | allesklar.de allesklar.at allesklar.ch
        Apollo7 | query | apollo7.de
        Arcor | Keywords | arcor.de
        Austronaut | | www2.austronaut.at www1.austronaut.at
        DasOertliche | kw | dasoertliche.de
        DasOertliche | ph,kw | www2.dasoertliche.de
        DasTelefonbuch | kw | www1.dastelefonbuch.de
        Fireball | | fireball.de fireball.com
        Fixsuche | | fixsuche.de
        Flix.de | keyword | flix.de
        Freenet | query,Keywords | suche.freenet.de
        Gnadenmeer | keyword | gnadenmeer.de
        GoYellow.de | MDN | goyellow.de
        Jungle Spider | | jungle-spider.de
        Meinestadt.de | words | meinestadt.de
        MetaCrawler DE | qry | s1.metacrawler.de s2.metacrawler.de s3.metacrawler.de
        Metager2 | | metager2.de
        Paperball | | paperball.de
        PeopleCheck | | extern.peoplecheck.de
        Qualigo | | qualigo.at qualigo.ch qualigo.de qualigo.nl
        SM | | sm.de
        Suchnase | | suchnase.de
        T-Online | | suche.t-online.de brisbane.t-online.de navigationshilfe.t-online.de
        Tixuma | sc | tixuma.de
        Web.de | su,q | suche.web.de
        Witch | search | witch.de
        Yasni | query | yasni.de yasni.com yasni.co.uk yasni.ch yasni.at
        Yellowmap | | yellowmap.de
        Alice Adsl | qs | rechercher.aliceadsl.fr
        Exalead | | exalead.fr exalead.com
        Free | q,qs | search.free.fr
        Mozbot | | mozbot.fr mozbot.co.uk mozbot.com
        Sharelook | keyword | sharelook.fr
        Orange | kw | lemoteur.ke.voila.fr lemoteur.orange.fr
        Voila | rdata | search.ke.voila.fr lemoteur.fr
        Weborama | QUERY | weborama.fr
        YouGoo | | yougoo.fr
        Clix | question | pesquisa.clix.pt
        UOL | | busca.uol.com.br
        El Mundo | | ariadna.elmundo.es
        Orange | | busca.orange.es
        Sapo | | pesquisa.sapo.pt
        Terra | query | buscador.terra.es buscador.terra.cl buscador.terra.com.br
        Searchy | | searchy.co.uk
        Swiggle | | swiggle.org.uk
        118 700 | | 118700.se
        Opplysningen 1881 | Query | 1881.no
        ABCsøk | | abcsok.no
        Allaverksamheter | What | allaverksamheter.se
        Eniro | q,search_word | eniro.se
        Findhurtig | | findhurtig.dk
        Gule Sider | | gulesider.no
        Ilse NL | search_for | ilse.nl
        Isodelen | Keywords | isodelen.se
        Kvasir | q,search_word | kvasir.no
        Riksdelen | What | riksdelen.se
        Startpagina | q,query | startgoogle.startpagina.nl
        Vinden | | vinden.nl
        Vindex | search_for | vindex.nl
        Zoek | | www3.zoek.nl
        Zoeken | | zoeken.nl
        1.cz | | 1.cz
        Jyxo | | jyxo.1188.cz
        Apollo lv | | apollo.lv/portal/search
        Aport | r | sm.aport.ru
        Centrum | | search.centrum.cz morfeo.centrum.cz
        Atlas | | searchatlas.centrum.cz
        Delfi EE | | otsing.delfi.ee
        Delfi lv | | smart.delfi.lv
        Holmes | | holmes.ge
        Latne | | latne.lv
        Najdi.si | | najdi.si
        Neti | query | neti.ee
        Nigma | s | nigma.ru
        Poisk.Ru | text | poisk.ru
        qip.ru | query | search.qip.ru
        Sputnik | | sputnik.ru
        Värav | query | search.www.ee
        Zoohoo | | zoohoo.cz
        Zoznam | s | zoznam.sk
        au one | | search.auone.jp sp-search.auone.jp sp-image.search.auone.jp
        Excite | search | excite.co.jp
        Rakuten | qt | websearch.rakuten.co.jp
        GAIS | | gais.cs.ccu.edu.tw
        Laban | | laban.vn
        Biglobe | | cgi.search.biglobe.ne.jp images.search.biglobe.ne.jp
        So-net | kw | video.so-net.ne.jp
        SeeSaa | | search.seesaa.jp
        Woopie | kw | woopie.jp
        123people | search_term | 123people.com 123people.it 123people.de 123people.fr 123people.es 123people.nl
        123people | search_term | 123people.at 123people.ch 123people.co.uk 123people.com.br
        Aguea | | chercherfr.aguea.com
        AllTheInternet | | alltheinternet.com
        AllTheWeb | | alltheweb.com
        AlohaFind | | alohafind.com
        AltaVista | | altavista.com altavista.de altavista.fr
        Arama | | arama.com
        Babylon | | search.babylon.com searchassist.babylon.com
        Blekko | | blekko.com
        Blogdigger | | blogdigger.com
        Blogpulse | query | blogpulse.com
        Claro Search | | claro-search.com
        Comcast | | search.comcast.net
        Conduit.com | | search.conduit.com
        Crawler | | crawler.com
        CompuServe | query | websearch.cs.com
        Cuil | | cuil.com
        Daemon search | | daemon-search.com
        dir.com | req | fr.dir.com
        Earthlink | | search.earthlink.net
        Entireweb | | entireweb.com
        Eo.st | x_query | eo.st
        EpicSearch.in | | epicsearch.in
        Eurip | | eurip.com
        Euroseek | string | euroseek.com
        Everyclick | keyword | everyclick.com
        InfoSpace | s | start.facemoods.com
        Fast Browser Search | | fastbrowsersearch.com
        Firstsfind | qry | firstsfind.com
        Fooooo | | search.fooooo.com
        Forestle | | forestle.org forestle.mobi
        Francite | name | recherche.francite.com
        FreeCause | p | search.freecause.com
        Frontier | | search.frontier.com
        Genieo | | search.genieo.com
        Geona | | geona.net
        Gigablast | | gigablast.com dir.gigablast.com
        Gomeo | Keywords | gomeo.com
        Google | | googlesyndicatedsearch.com
        HighBeam | | highbeam.com
        Hit-Parade | p7 | hit-parade.com
        Hooseek | recherche | hooseek.com
        Hotbot | query | hotbot.com
        Icerocket | | blogs.icerocket.com
        ICQ | | icq.com
        iMesh | q,si | search.imesh.com
        Inbox | | www2.inbox.com
        info.com | | info.com
        InfoSpace | | infospace.com tattoodle.com metacrawler.com webfetch.com webcrawler.com
        InfoSpace | | search.kiwee.com searches.vi-view.com search.webssearches.com search.fbdownloader.com
        InfoSpace | | searches3.globososo.com wsdsold.infospace.com search.avast.com isearch.babylon.com
        InfoSpace | | start.funmoods.com search.magentic.com search.searchcompletion.com searchmobileonline.com
        InfoSpace | | isearch.glarysoft.com search.chatzum.com home.speedbit.com search.b1.org searchya.com
        InfoSpace | | search.handycafe.com search.v9.com search.iminent.com utorrent.inspsearch.com
        InfoSpace | | govome.inspsearch.com
        I-play | | start.iplay.com
        IxQuick | query | ixquick.com ixquick.de
        Jungle Key | query | junglekey.com junglekey.fr
        Junior Safe Search | | juniorsafesearch.com
        K9 Safe Search | | k9safesearch.com
        Kensaq | | kensaq.com
        Kwzf | search | kwzf.net
        Lo.st | x_query | lo.st
        Local Moxie | | localmoxie.com
        LookAny | | lookany.com
        Lookseek | | search.lookseek.com
        Looksmart | key | looksmart.com
        maailm.com | tekst | maailm.com
        Mamma | query | mamma.com
        Monstercrawler | qry | monstercrawler.com
        MyPrivateSearch | | myprivatesearch.com
        MyWebSearch | searchfor,searchFor | mysearch.com kf.mysearch.myway.com ki.mysearch.myway.com
        MyWebSearch | searchfor,searchFor | search.myway.com search.mywebsearch.com
        MySpace | qry | searchservice.myspace.com
        Needtofind | searchfor | ko.search.need2find.com
        Nifty | q,Text | search.nifty.com search.azby.fmworld.net
        Nifty | kw | videosearch.nifty.com
        OnlySearch | | only-search.com
        PeoplePC | | search.peoplepc.com
        Picsearch | | picsearch.com
        Plazoo | | plazoo.com
        PlusNetwork | | plusnetwork.com
        PrivacyWall | | privacywall.org
        Quendu | | quendu.com
        Rpmfind | query | rpmfind.net
        Road Runner | | search.rr.com
        Scour.com | | scour.com
        Searchalot | | searchalot.com
        SearchCanvas | | searchcanvas.com
        SearchLock | | searchlock.com
        Setooz | query | setooz.com
        SmartAddressbar | s | search.smartaddressbar.com
        SmartShopping | kwd,keywords | search.smartshopping.com
        Snap.do | | search.snap.do
        Softonic | | search.softonic.com
        Soso | w | soso.com
        Suche.info | Keywords | suche.info
        Suchmaschine.com | suchstr | suchmaschine.com
        Surf Canyon | | surfcanyon.com
        Talimba | search | talimba.com
        Tarmot | | tarmot.com
        Teoma | | teoma.com
        La Toile du Québec | | toile.com
        Toolbarhome | | toolbarhome.com
        Trouvez.com | query | trouvez.com
        Trusted Search | w | trusted-search.com
        Trustnav | | search.trustnav.com
        TUSK Search | | tusksearch.com
        Twingly | | twingly.com
        URL.org | | url.org
        Vuhuv | | vuhuv.com
        Walhello | key | walhello.info walhello.com walhello.de walhello.nl
        WebSearch | qkw,q | websearch.com
        Wedoo | keyword | fr.wedoo.com en.wedoo.com es.wedoo.com
        Winamp | | search.winamp.com
        X-Recherche | MOTS | x-recherche.com
        Yam | k | search.yam.com
        Yatedo | | yatedo.com yatedo.fr
        Yippy | query | search.yippy.com
        Yongzin | word | yongzin.com
        ZapMeta | q,query | zapmeta.com zapmeta.it zapmeta.de zapmeta.fr zapmeta.es zapmeta.nl zapmeta.at zapmeta.ch
        ZapMeta | q,query | zapmeta.co.uk zapmeta.com.br zapmetasearch.it zapmetasearch.de zapmetasearch.fr
        ZapMeta | q,query | zapmetasearch.es zapmetasearch.nl zapmetasearch.at zapmetasearch.ch zapmetasearch.co.uk
        ZapMeta | q,query | zapmetasearch.com.br
        Zxuso | wd | zxuso.com
        """
}
