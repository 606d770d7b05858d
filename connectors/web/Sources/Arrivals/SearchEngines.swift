/// Search engines people use today, one a line in the form of ``Places``; then the search pages of portals,
/// providers and toolbars. What is small or gone is in ``OlderSearchEngines``.
enum SearchEngines {
    /// A service of Google is a search only where it is listed: docs, accounts and sites are other visits.
    static let list = """
        Google | q | =google.* =images.google.* =maps.google.* =news.google.* =scholar.google.* =video.google.*
        Google | q | =cse.google.* =blogsearch.google.* =encrypted.google.com =ipv6.google.com =www2.google.com
        Google | q | =go.google.com =translate.google.com =books.google.com =shopping.google.com =lens.google.com
        Google | q | =toolbar.google.com webcache.googleusercontent.com
        Google | q | app:com.google.android.googlequicksearchbox app:com.google.android.apps.searchlite
        Bing | q,Q | bing.com cc.bingj.com ntp.msn.com
        Bing | q,Q | msnbc.msn.com dizionario.it.msn.com enciclopedia.it.msn.com app:com.microsoft.bing
        Yahoo! | p,q | search.yahoo.com =cade.yahoo.com =one.cn.yahoo.com images.yahoo.com search.yahoo.co.jp
        Yahoo! | p,va | images.search.yahoo.com image.search.yahoo.co.jp video.search.yahoo.co.jp
        Yahoo! | query,keyword | jp.hao123.com home.kingsoft.jp jwsearch.jword.jp
        Yahoo! | q | r.search.yahoo.com cercato.it search.offerbox.com benefind.de ys.mirostart.com
        DuckDuckGo | q | duckduckgo.com app:com.duckduckgo.mobile.android
        DuckDuckGo | q | duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion
        Ecosia | q | ecosia.org app:com.ecosia.android
        Qwant | q | qwant.com qwantjunior.com app:com.qwant.liberty
        Startpage | query,q | startpage.com
        Startpage | query,q | startpagel6srwcjlue4zgq3zevrujfaow726kjytqbbjyrswwmjzcqd.onion
        Brave Search | q | search.brave.com
        Kagi | q | kagi.com
        Mojeek | q | mojeek.com
        Swisscows | query,q | swisscows.com swisscows.ch
        Presearch | q | presearch.com presearch.org
        Yep | q | yep.com
        Stract | q | stract.com
        Marginalia | query | search.marginalia.nu marginalia-search.com
        Freespoke | q | freespoke.com
        Lilo | q | search.lilo.org
        OceanHero | q | oceanhero.today
        Karma | q | karmasearch.org
        Gibiru | q | gibiru.com
        Disconnect | q | search.disconnect.me
        MetaGer | eingabe,q | metager.de metager.org meta.rrzn.uni-hannover.de
        Dogpile | q | dogpile.com
        Search.com | q | search.com
        Ask | q,ask | ask.com ask.co.uk ask.reference.com askkids.com search-results.com qbyrd.com searchqu.com
        Lycos | query,q | search.lycos.com lycos.com lycos.it lycos.de lycos.fr lycos.es lycos.nl lycos.co.uk
        AOL | q,query | search.aol.com aolsearch.aol.com find.web.aol.com search.aol.it search.aol.co.uk
        AOL | q,query | aolsearch.aol.co.uk recherche.aol.fr aolrecherche.aol.fr aolrecherches.aol.fr aolimages.aol.fr
        AOL | q,query | recherche.aol.ca suche.aol.de sucheaol.aol.de o2suche.aol.de suche.aolsvc.de alicesuche.aol.de
        AOL | q,query | alicesuchet.aol.de suchet2.aol.de search.hp.my.aol.it search.hp.my.aol.de
        AOL | q,query | search.hp.my.aol.com.au aolbusqueda.aol.com.mx search-intl.netscape.com de.aolsearch.com
        Virgilio | qs,q | ricerca.virgilio.it ricercaimmagini.virgilio.it ricercavideo.virgilio.it
        Virgilio | qs,qrs | ricercanews.virgilio.it mobile.virgilio.it
        Libero | qs,query | ricerca.libero.it search.libero.it
        Arianna | query | arianna.libero.it arianna.com
        Tiscali | q,key | search.tiscali.it search-dyn.tiscali.it ricerca.tiscali.it
        Tiscali | query | hledani.tiscali.cz
        Istella | query,key | istella.it istella.com
        Leonardo | q | search.leonardo.it
        TrovaRapido | q | trovarapido.com
        Luna | q | it.luna.tv
        Yandex | text,query | =yandex.* =images.yandex.* =m.yandex.* =clck.yandex.* =yabs.yandex.* =ya.ru
        Yandex | text,query | app:ru.yandex.searchplugin
        Mail.ru | q | go.mail.ru
        Rambler | query,words | nova.rambler.ru
        Meta.ua | q | meta.ua
        All.by | query,q | all.by
        Seznam | q | search.seznam.cz videa.seznam.cz app:cz.seznam.sbrowser
        Onet | qt,q | szukaj.onet.pl
        Wirtualna Polska | q | szukaj.wp.pl
        Interia | q | google.interia.pl
        Startsiden | q | startsiden.no
        Baidu | wd,word | =baidu.com =www1.baidu.com =m.baidu.com =image.baidu.com =news.baidu.com =zhidao.baidu.com
        Baidu | wd,kw | =tieba.baidu.com =baidu.co.th
        360 Search | q | so.360.cn so.com sou.com haosou.com
        Sogou | query,keyword | sogou.com
        Shenma | q | m.sm.cn m.sp.sm.cn quark.sm.cn
        Zhongsou | w | p.zhongsou.com
        Naver | query,q | search.naver.com app:com.nhn.android.search
        Daum | q | search.daum.net
        Nate | q | search.nate.com
        Zum | query | search.zum.com
        Goo | MT,q | search.goo.ne.jp ocnsearch.goo.ne.jp
        Docomo | MT,q | search.smt.docomo.ne.jp
        Cốc Cốc | query,q | coccoc.com
        Walla | q | search.walla.co.il
        Avira | q | search.avira.com search.avira.net safesearch.avira.com
        AVG | q | search.avg.com isearch.avg.com
        F-Secure | query,q | searches.f-secure.com search.f-secure.com searches.safehomepage.com
        GMX | q | suche.gmx.net search.gmx.com
        1&1 | q | search.1und1.de suche.1und1.de
        Xfinity | q | search.xfinity.com
        Verizon | q | searchresults.verizon.com
        BT | p | search.bt.com
        Abv | q | search.abv.bg
        TDC | q | find.tdc.dk
        Juno | query | search.juno.com
        Torry | q | torry.io
        Startab | q | startab.me
        Kadaza | q | kadaza.com
        Lenovo | q | start.lenovo.com
        Nintendo | gsc.q,q | cgi2.nintendo.co.jp
        Google | q | darkoogle.com gfsoso.com gooofullsearch.com
        Toolbar | q | search.chedot.com search.foxtab.com search.hiyo.com search.incredimail.com search.sweetim.com
        Toolbar | q | search1.incredimail.com search2.incredimail.com search3.incredimail.com
        Toolbar | q | search4.incredimail.com search.alot.com search.incredibar.com delta-search.com
        Toolbar | q | search.zonealarm.com wow.com search.dolphin-browser.jp netlavis.azione.jp search.nan.so
        Toolbar | q | monumentbrowser.com search.toolbars.alexa.com
        """

    /// The endings `google.*` stands for: the country domains Google runs itself.
    static let googleSuffixes = """
        com it de fr es pt nl be at ch lu ie gr pl cz sk hu ro bg si hr rs ba me mk al md dk se no fi is ee lv lt
        ru by kz kg am az ge mn tm cat ad gg je im gl li gp gy ht hn dm ms vg sh st as ws to tk tl nr nu pn sm sn
        ca cl cd cf cg ci cm cn cv dj dz fm ga gm iq jo ki km la lk ml mu mv mw ne ps rw sc so sr td tg tn tt vu
        ac ae bf bi bj bs bt cc co.ao co.bw co.ck co.cr co.id co.il co.in co.jp co.ke co.kr co.ls co.ma co.mz
        co.nz co.th co.tz co.ug co.uk co.uz co.ve co.vi co.za co.zm co.zw com.af com.ag com.ai com.ar com.au
        com.bd com.bh com.bn com.bo com.br com.bz com.co com.cu com.cy com.do com.ec com.eg com.et com.fj com.gh
        com.gi com.gt com.hk com.jm com.kh com.kw com.lb com.ly com.mm com.mt com.mx com.my com.na com.nf com.ng
        com.ni com.np com.om com.pa com.pe com.pg com.ph com.pk com.pr com.py com.qa com.sa com.sb com.sg com.sl
        com.sv com.tj com.tr com.tw com.ua com.uy com.vc com.vn
        """

    /// The endings `yandex.*` stands for.
    static let yandexSuffixes = """
        ru com com.tr com.ua com.am com.ge co.il ua by kz uz kg md tj tm az ee lt lv fr pl eu net it de
        """
}
