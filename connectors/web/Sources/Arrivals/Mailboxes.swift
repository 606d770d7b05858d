/// Where people read their mail in a browser or an app, and the hosts newsletters count their clicks on, one a
/// line in the form of ``Places``. A host that calls itself a webmail is one without being listed
/// (``Places/isMailbox(_:)``).
enum Mailboxes {
    static let list = """
        Libero Mail | | mail.libero.it webmail.libero.it posta.libero.it mail1.libero.it mailbeta.libero.it
        Libero Mail | | app:it.italiaonline.mail
        Virgilio Mail | | mail.virgilio.it webmail.virgilio.it posta.virgilio.it mail1.virgilio.it
        Tiscali Mail | | mail.tiscali.it webmail.tiscali.it posta.tiscali.it
        Aruba | | webmail.aruba.it webmaildomini.aruba.it mail.aruba.it webmail.pec.aruba.it gestionemail.pec.it
        TIM Mail | | mail.tim.it webmail.tim.it mail.alice.it webmail.alice.it aliceposta.it
        Fastweb | | webmail.fastweb.it fastmail.fastweb.it webmail.fastwebnet.it mail.fastwebnet.it
        Vodafone | | webmail.vodafone.it mail.vodafone.it
        WindTre | | webmail.infostrada.it mail.infostrada.it mail.inwind.it mail.iol.it
        Poste Italiane | | webmail.poste.it posta.poste.it webmail.postecert.it
        Legalmail | | webmail.infocert.it legalmail.it
        Register.it | | webmail.register.it webmail.securemail.pro
        Email.it | | webmail.email.it mail.email.it
        Gmail | | mail.google.com inbox.google.com googlemail.com gmail.com app:com.google.android.gm
        Gmail | | app:com.google.android.gm.lite
        Outlook | | outlook.live.com mail.live.com hotmail.com outlook.com outlook.office.com outlook.office365.com
        Outlook | | outlook.cloud.microsoft safelinks.protection.outlook.com app:com.microsoft.office.outlook
        Yahoo! Mail | | mail.yahoo.com mail.yahoo.co.jp app:com.yahoo.mobile.client.android.mail
        AOL Mail | | mail.aol.com
        iCloud Mail | | icloud.com/mail
        Proton Mail | | mail.proton.me mail.protonmail.com app:ch.protonmail.android
        Fastmail | | app.fastmail.com fastmail.com
        Zoho Mail | | mail.zoho.com mail.zoho.eu
        Tuta | | app.tuta.com mail.tutanota.com app:de.tutao.tutanota
        GMX | | deref-gmx.net deref-gmx.com deref-gmx.fr navigator.gmx.net navigator-lxa.mail.com
        WEB.DE | | deref-web.de deref-web-02.de navigator.web.de
        mail.com | | deref-mail.com =mail.com
        Mail.ru | | =mail.ru e.mail.ru app:ru.mail.mailapp
        Yandex Mail | | mail.yandex.ru mail.yandex.com
        QQ Mail | | mail.qq.com
        NetEase Mail | | mail.163.com mail.126.com
        Seznam Email | | email.seznam.cz
        Ionos | | email.ionos.it email.ionos.de email.ionos.com
        OVH | | ssl0.ovh.net/roundcube mail.ovh.net
        Samsung Email | | app:com.samsung.android.email.provider
        Thunderbird | | app:com.fsck.k9 app:net.thunderbird.android
        MailUp | | emailsp.com musvc1.net musvc2.net
        Mailchimp | | list-manage.com campaign-archive.com mailchi.mp
        SendGrid | | ct.sendgrid.net
        Brevo | | sendibm1.com sendibt2.com
        Campaign Monitor | | createsend.com cmail19.com cmail20.com
        """
}
