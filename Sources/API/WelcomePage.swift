/// What a browser shows that opens the hub's address: that it runs, and where to go on. In Italian and in English, without
/// a word of anybody's data.
enum WelcomePage {
    static let answer = Answer(contentType: "text/html; charset=utf-8", Array(html.utf8))

    private static let html = """
        <!doctype html>
        <html lang="it">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Contatto</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; color: #1c2b33; max-width: 44rem; margin: 3rem auto; padding: 0 1.5rem }
        h1 { font-size: 2rem; margin: 0 }
        section { border-top: 1px solid #cdd5da; margin-top: 1.5rem; padding-top: .5rem }
        pre { background: #f1f4f5; padding: .8rem 1rem; overflow-x: auto; border-radius: .3rem; font-size: .85rem }
        a { color: #0b5d7a }
        </style>
        </head>
        <body>
        <h1>Contatto</h1>
        <section lang="it">
        <p>Il server è attivo. Le domande si fanno con una chiave:</p>
        <pre>contatto key create --role reader
        curl -H "Authorization: Bearer CHIAVE" \\
          INDIRIZZO/v1/profiles/by/email/cliente@example.it</pre>
        <p>Stato: <a href="/readyz">pronto?</a> · <a href="/healthz">vivo?</a> · <a href="/metrics">misure</a></p>
        </section>
        <section lang="en">
        <p>The hub is running. Questions are asked with a key:</p>
        <pre>contatto key create --role reader
        curl -H "Authorization: Bearer KEY" \\
          ADDRESS/v1/profiles/by/email/customer@example.com</pre>
        <p>State: <a href="/readyz">ready?</a> · <a href="/healthz">alive?</a> · <a href="/metrics">metrics</a></p>
        </section>
        <script>
        const pieces = document.querySelectorAll("pre");
        for (const one of pieces) one.textContent = one.textContent.replace(/INDIRIZZO|ADDRESS/, location.origin);
        </script>
        </body>
        </html>

        """
}
