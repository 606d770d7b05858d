/// Social networks, messengers and the hosts their links go through, one a line in the form of ``Places``.
enum SocialNetworks {
    static let list = """
        Facebook | | facebook.com facebook.it fb.com fb.me fb.watch app:com.facebook.katana app:com.facebook.lite
        Messenger | | messenger.com m.me app:com.facebook.orca
        Instagram | | instagram.com ig.me app:com.instagram.android
        Threads | | threads.net threads.com app:com.instagram.barcelona
        WhatsApp | | whatsapp.com wa.me l.wl.co app:com.whatsapp app:com.whatsapp.w4b
        Workplace | | workplace.com
        X | | x.com twitter.com t.co app:com.twitter.android
        LinkedIn | | linkedin.com lnkd.in app:com.linkedin.android app:linkedin.android
        TikTok | | tiktok.com app:com.zhiliaoapp.musically app:com.ss.android.ugc.trill
        YouTube | | youtube.com youtu.be youtube-nocookie.com youtube.it app:com.google.android.youtube
        Pinterest | | pinterest.com pin.it pinterest.it pinterest.de pinterest.fr pinterest.es pinterest.pt pinterest.at
        Pinterest | | pinterest.ch pinterest.co.uk pinterest.com.au pinterest.com.mx pinterest.ca pinterest.dk
        Pinterest | | pinterest.ie pinterest.info pinterest.jp pinterest.nz pinterest.se pinterest.co.kr pinterest.ph
        Pinterest | | pinterest.cl pinterest.nl pinterest.ru app:com.pinterest
        Reddit | | reddit.com redd.it reddit.app.link app:com.reddit.frontpage
        Telegram | | t.me telegram.me telegram.org app:org.telegram.messenger app:org.telegram.messenger.web
        Snapchat | | snapchat.com app:com.snapchat.android
        Discord | | discord.com discord.gg discordapp.com app:com.discord
        Bluesky | | bsky.app go.bsky.app skyfeed.app app:xyz.blueskyweb.app
        Tumblr | | tumblr.com t.umblr.com app:com.tumblr
        Quora | | quora.com
        Twitch | | twitch.tv
        Vimeo | | vimeo.com
        Dailymotion | | dailymotion.com
        Flickr | | flickr.com
        Behance | | behance.net
        Dribbble | | dribbble.com
        DeviantArt | | deviantart.com
        SoundCloud | | soundcloud.com gate.sc
        Spotify | | open.spotify.com app:com.spotify.music
        Last.fm | | last.fm lastfm.it lastfm.de lastfm.es lastfm.fr lastfm.jp lastfm.pl lastfm.ru lastfm.se
        Last.fm | | lastfm.com.br lastfm.com.tr
        Medium | | medium.com
        Substack | | substack.com
        Patreon | | patreon.com
        Linktree | | linktr.ee
        Nextdoor | | nextdoor.com nextdoor.it
        Meetup | | meetup.com
        Foursquare | | foursquare.com
        Goodreads | | goodreads.com
        XING | | xing.com
        Viadeo | | viadeo.com
        GitHub | | github.com
        Stack Overflow | | stackoverflow.com
        SourceForge | | sourceforge.net
        Hacker News | | news.ycombinator.com
        Lobsters | | lobste.rs
        Product Hunt | | producthunt.com
        Digg | | digg.com
        StumbleUpon | | stumbleupon.com
        FriendFeed | | friendfeed.com
        Mister Wong | | mister-wong.com mister-wong.de
        V2EX | | v2ex.com
        Mastodon | | mastodon.social mastodon.online mastodon.world mastodon.cloud mastodon.technology mastodon.xyz
        Mastodon | | mastodon.at mastodon.art mastodon.scot mastodon.nz mastodon.eus mastodon.jalgi.eus mastodon.uno
        Mastodon | | mastodonapp.uk mastodont.cat masto.ai mas.to mstdn.social mstdn.io mstdn.jp mstdn.party
        Mastodon | | mamot.fr pawoo.net friends.nico ro-mastodon.puyo.jp quey.org botsin.space social.tchncs.de
        Mastodon | | knzk.me bitcoinhackers.org fosstodon.org chaos.social cybre.space vis.social typo.social
        Mastodon | | front-end.social hachyderm.io newsie.social indieweb.social sfba.social c.im universeodon.com
        Mastodon | | social.vivaldi.net ohai.social toot.community graphics.social tkm.eus livellosegreto.it
        Mastodon | | sociale.network poliversity.it app:org.joinmastodon.android
        Pixelfed | | pixelfed.social pixelfed.de pixelfed.uno pxlmo.com metapixl.com pix.toot.wales pixey.org
        Peepeth | | peepeth.com
        Identi.ca | | identi.ca
        VK | | vk.com vk.ru vkontakte.ru app:com.vkontakte.android
        Odnoklassniki | | ok.ru odnoklassniki.ru
        Moi Mir | | my.mail.ru
        Moi Krug | | moikrug.ru
        MyLife | | mylife.ru
        V Krugu Druzei | | vkrugudruzei.ru
        LiveJournal | | livejournal.com livejournal.ru
        Weibo | | weibo.com weibo.cn t.cn app:com.sina.weibo
        WeChat | | wechat.com weixin.qq.com app:com.tencent.mm
        Qzone | | qzone.qq.com
        Renren | | renren.com
        Douban | | douban.com
        Douyin | | douyin.com
        Douyu | | douyu.com
        Huya | | huya.com
        Bilibili | | bilibili.com b23.tv
        MissEvan | | missevan.com
        Xiaohongshu | | xiaohongshu.com xhslink.com
        LINE | | line.me app:jp.naver.line.android
        Naver Blog | | blog.naver.com cafe.naver.com band.us
        Cyworld | | global.cyworld.com cyworld.com
        Niconico | | nicovideo.jp nico.ms
        Mixi | | mixi.jp
        Gree | | gree.jp
        TwitCasting | | twitcasting.tv
        Lang-8 | | lang-8.com
        Badoo | | badoo.com
        Tagged | | tagged.com
        Fetlife | | fetlife.com
        Classmates | | classmates.com
        Geni | | geni.com
        MyHeritage | | myheritage.com
        Myspace | | myspace.com
        Gaia Online | | gaiaonline.com
        Habbo | | habbo.com habbo.it
        WeeWorld | | weeworld.com
        BlackPlanet | | blackplanet.com
        Bebo | | bebo.com
        Buzznet | | buzznet.com
        Flixster | | flixster.com
        Fotolog | | fotolog.com
        Friends Reunited | | friendsreunited.com
        Friendster | | friendster.com
        Google+ | | plus.google.com url.google.com app:com.google.android.apps.plus
        Hi5 | | hi5.com
        Hyves | | hyves.nl
        MeinVZ | | meinvz.net
        StudiVZ | | studivz.net
        Multiply | | multiply.com
        myYearbook | | myyearbook.com
        Nasza Klasa | | nk.pl
        Netlog | | netlog.com
        Orkut | | orkut.com
        Plaxo | | plaxo.com
        Skyrock | | skyrock.com
        Sonico | | sonico.com
        Taringa | | taringa.net
        Tuenti | | tuenti.com
        WAYN | | wayn.com
        Xanga | | xanga.com
        """
}
