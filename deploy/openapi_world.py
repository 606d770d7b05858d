"""A hub with two workspaces that hold something of everything, for deploy/openapi.py."""
import hashlib
import hmac
import http.client
import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

ROLES = ["public", "connector", "reader", "subscriber", "agent", "supervisor", "admin"]
MAILGUN_KEY = "a key of the account"


def fail(text):
    sys.exit("openapi: " + text)


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def json(self):
        return json.loads(self.body)

    def name(self):
        """Of a problem, as `id_unknown`."""
        return self.json()["type"].removeprefix("urn:contatto:error:")

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Hub:
    def __init__(self, contatto, log):
        self.contatto, self.log = contatto, open(log, "w+")
        self.process = subprocess.Popen(
            [contatto, "serve", "--port", "0", "--rate", "0", "--log-format", "json"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = next((line for line in self.process.stdout if line.startswith("listening ")), None)
        if line is None:
            fail("the hub does not start: " + self.told()[-2000:])
        self.address = line.split()[1]
        self.place = urllib.parse.urlsplit(self.address).netloc

    def run(self, *words, workspace=None):
        if workspace:
            words += ("--workspace", workspace)
        ended = subprocess.run([self.contatto, *words], capture_output=True, text=True, timeout=120)
        if ended.returncode != 0:
            fail(f"contatto {' '.join(words)} ended with {ended.returncode}: {ended.stderr}")
        return ended.stdout.strip()

    def send(self, method, path, key=None, body=None, **fields):
        """Not as from this machine itself, where some routes need no key."""
        head = {"X-Forwarded-For": "192.0.2.1"} | {name.replace("_", "-"): value for name, value in fields.items()}
        if key:
            head["Authorization"] = "Bearer " + key
        if isinstance(body, (dict, list)):
            body, head["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection = http.client.HTTPConnection(self.place, timeout=60)
        try:
            connection.request(method, path, body, head)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def ask(self, method, path, key, body=None, **fields):
        answer = self.send(method, path, key, body, **fields)
        if not 200 <= answer.status < 300:
            fail(f"{method} {path} {body}: {answer}")
        return answer.json()

    def told(self):
        self.log.flush()
        with open(self.log.name) as log:
            return log.read()

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


def receive():
    """The address of a receiver of webhooks: what is sent to /broken is not taken."""

    class Receiver(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(500 if self.path == "/broken" else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def mail(number, domain):
    return (
        f"From: Maria Rossi <maria@{domain}>\r\nTo: info@bottega.example\r\nSubject: Ordine {number}\r\n"
        f"Date: Sun, 01 Nov 2026 10:00:00 +0100\r\nMessage-ID: <{number}@{domain}>\r\n\r\nQuando arriva?\r\n")


def mailgun(raw):
    """A form as Mailgun signs it, with a token of its own."""
    timestamp, token = str(int(time.time())), uuid.uuid4().hex
    signature = hmac.new(MAILGUN_KEY.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": signature, "body-mime": raw}


class World:
    """One workspace; `mark` tells its names from those of another."""

    def __init__(self, hub, name, mark, receiver):
        self.hub, self.name, self.mark, self.receiver = hub, name, mark, receiver
        self.domain = f"{mark}.example.it"
        self.shop, self.mailbox, self.site = mark + "shop", mark + "email", mark + "site"
        add = ["source", "add"]
        hub.run(*add, "interactions", "--name", self.shop, "--set", "channel=store", workspace=name)
        hub.run(
            *add, "email", "--name", self.mailbox, "--set", "own=bottega.example", "--set", "mailgun_key=" + MAILGUN_KEY,
            workspace=name)
        hub.run(*add, "web", "--name", self.site, "--set", f"hosts=www.{self.domain}", workspace=name)
        self.keys = {}
        for role in ROLES:
            source = {"public": ["--source", self.site], "connector": ["--source", self.mailbox]}.get(role, [])
            self.keys[role] = hub.run("key", "create", "--role", role, *source, workspace=name)
        self.admin = self.keys["admin"]
        self.number = 0
        self.fill()

    def show(self, *people, source=None, **more):
        """An interaction of who shows these; the profile's id."""
        self.number += 1
        item = {"id": f"{self.mark}-{self.number}", "source": source or self.shop, "identifiers": [
            {"kind": "email", "value": f"{one}@{self.domain}", "assurance": "verified"} if "@" not in one and ":" not in one
            else dict(zip(("kind", "scope", "value"), one.split(":"))) for one in people]}
        stored = self.hub.ask("POST", "/v1/interactions", self.admin, item | more)
        return stored["items"][0]["profile"]

    def decide(self, **body):
        return self.hub.ask("POST", "/v1/decisions", self.admin, {"why": "it was asked on the phone"} | body)["decision"]

    def write(self, text):
        """A memory of its own, of somebody whom no other role's strange decisions can have changed."""
        return self.hub.ask("POST", f"/v1/profiles/{self.show(text.replace(' ', '-'))}/memories", self.admin, {
            "kind": "chose_because", "text": text})["memory"]["id"]

    def add(self, name, path, **settings):
        self.hub.ask("POST", "/v1/subscriptions", self.admin, {
            "name": self.mark + name, "after": "oldest", "settings": {"url": self.receiver + path} | settings})
        return self.mark + name

    def fill(self):
        hub, admin = self.hub, self.admin
        hub.ask("PUT", "/v1/rules", admin, {"why": "our cards", "rules": {"kinds": {"custom/membership": {"spelling": "digits"}}}})
        parts = [self.show("maria", traits={"language": "it"}, attributes={"name": "Maria Rossi"}), self.show("m.rossi")]
        self.living = self.show("maria", "m.rossi", "customer_number:crm:1042", amount={"minor": 1250, "currency": "EUR"},
                                message={"subject": "Un ordine", "text": "Due sedie"}, thread="order-1", place="Milano",
                                touch={"kind": "code", "value": "AUTUNNO"})
        self.absorbed = next(one for one in parts if one != self.living)
        self.show("maria", "custom:membership:42", channel="ticket", kind="ticket.opened", direction="in")
        for minute in range(3):
            self.show("maria", f"cookie:{self.site}:visitor-1", source=self.site, kind="page",
                      occurred_at=f"2026-11-01T10:0{minute}:00+01:00",
                      detail={"page": {"url": f"https://www.{self.domain}/{minute}"}, "session": "s1", "touches": [{"kind": "link"}]})
        hub.ask("POST", f"/v1/sources/{self.mailbox}/messages", admin, mail(1, self.domain).encode(), Content_Type="message/rfc822")
        hub.send("POST", "/v1/batch", body={"writeKey": self.keys["public"], "batch": [
            {"type": "page", "anonymousId": "crawler", "messageId": self.mark + "hit", "context": {"userAgent": "GPTBot/1.0"}}]})
        number = {"kind": "partita_iva", "value": "01114601006"}
        self.company = self.show(identifiers=[number, {"kind": "domain", "value": self.domain}])
        self.employee = self.show(identifiers=[number, {"kind": "email", "value": f"anna.verdi@{self.domain}"}],
                                  attributes={"name": "Anna Verdi", "company": "Acme"}, traits={"role": "buyer"})
        self.other, self.third = self.show("luca", attributes={"name": "Luca Bianchi"}), self.show("anna")
        # Of two customer numbers a customer has one: what they share waits for a person.
        self.show("customer_number:crm:1", "both")
        self.show("customer_number:crm:2", "both")
        self.erased = self.show("erased")
        hub.ask("POST", "/v1/erasures", admin, {"ids": [self.erased]})
        self.standing = self.decide(kind="not_same", profiles=[self.other, self.third])
        self.revoked = self.decide(kind="same", profiles=[self.other, self.show("luca.b")])
        hub.ask("DELETE", "/v1/decisions/" + self.revoked, admin)
        self.decide(kind="shared", identifier={"kind": "email", "value": f"both@{self.domain}"})
        record = f"/v1/profiles/{self.living}/"
        for state in ("granted", "denied"):
            self.consent = hub.ask("POST", record + "consents", admin, {
                "purpose": "marketing", "channel": "email", "state": state, "basis": "consent", "proof": "a form"})["consent"]
        self.memory, self.promise = (hub.ask("POST", record + "memories", admin, said)["memory"]["id"] for said in (
            {"kind": "prefers", "text": "the window seat"}, {"kind": "promised", "text": "a call",
             # Not the same moment in two workspaces: the page after one would depend on an id.
             "by": f"2027-01-10T10:00:{ord(self.mark[0]) % 60:02}+01:00"}))
        hub.ask("POST", record + "preferences", admin, {"tone": "tu"})
        self.consented = hub.ask("GET", record + "consents?limit=1", admin)["next"]
        self.remembered = hub.ask("GET", record + "memories?limit=1", admin)["next"]
        self.crm, self.broken = self.add("crm", "/taken"), self.add("broken", "/broken", retry="10ms", concurrency=8)
        profile = hub.ask("GET", "/v1/profiles/" + self.living, admin)
        self.facets = [one["facet"] for one in profile["facets"]]
        page = hub.ask("GET", f"/v1/profiles/{self.living}/interactions?limit=2", admin)
        self.interaction, self.before = page["interactions"][0]["interaction"], page["next"]
        everything = hub.ask("GET", f"/v1/profiles/{self.living}/interactions?limit=200", admin)["interactions"]
        self.mailed = next(one["interaction"] for one in everything if one["source"] == self.mailbox)
        self.thread = next(one["thread"] for one in everything if one["thread"])
        self.visits = hub.ask("GET", f"/v1/profiles/{self.living}/visits?limit=1", admin)["next"] or self.before
        self.decided = hub.ask("GET", "/v1/decisions?limit=1", admin)["next"]
        page = hub.ask("GET", "/v1/profiles?snapshot&limit=1", admin)
        self.snapshot, self.cursor = page["next"], page["changes"]

    def wait(self):
        """Until the webhooks were told, and given up where they are not taken; and until all is found that is there."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            dead = self.hub.ask("GET", f"/v1/subscriptions/{self.broken}/dead", self.admin)["dead"]
            if dead and self.hub.ask("GET", "/v1/search?q=maria", self.admin)["indexed"]["behind_ms"] == 0:
                return
            time.sleep(0.1)
        fail("no delivery is ever given up, or something is never indexed")

    def state(self):
        """What nobody else may have changed."""
        def ask(path):
            return self.hub.ask("GET", path, self.admin)

        subscriptions = ask("/v1/subscriptions")["subscriptions"]
        return json.dumps([
            ask(f"/v1/profiles/{self.living}/consents"), ask(f"/v1/profiles/{self.living}/memories"),
            ask("/v1/profiles?snapshot&limit=1000")["profiles"], ask("/v1/decisions?limit=200"), ask("/v1/rules")["rules"],
            [[one[part] for part in ("name", "settings", "secrets", "disabled")] + [one["state"] == "paused"]
             for one in subscriptions], ask("/v1/changes?after=now")["end"]])


# What is known to exist, in the place of the document's examples: by operation, then by parameter, or "" for the body.


def examples(world, role):
    source = {"public": world.site, "connector": world.mailbox}.get(role, world.shop)
    ids = [world.living, world.absorbed, world.erased, str(uuid.uuid4())]
    email = f"maria@{world.domain}"

    def item(number, **more):
        return {"id": f"{role}-{number}", "source": source, "identifiers": [{"kind": "email", "value": email}]} | more

    def named(name, *parts):
        return {part: {"name": [name]} for part in parts}

    known = {
        "postInteractions": {"source": [source], "": [
            item(1, attributes={"name": "Maria Rossi"}, traits={"language": "it"}, amount={"minor": 1250, "currency": "EUR"}),
            [item(2), item(3, identifiers=[])], item(4, identifiers=[{"kind": "email", "value": "no address"}])],
            "application/x-ndjson": ["".join(json.dumps(item(number)) + "\n" for number in (5, 6))]},
        "postMessage": {"name": [world.mailbox], "": [mail(role + "2", world.domain)]},
        "postPostmark": {"name": [world.mailbox], "": [{"RawEmail": mail(role + "3", world.domain)}]},
        "getProfileByIdentifier": {"kind": ["email"], "value": [email]},
        "getProfile": {"id": ids},
        "getInteractions": {"id": ids, "before": [world.before], "source": [world.shop]},
        "searchProfiles": {"q": ["maria rossi", email, "sedie"]},
        "getVisits": {"id": ids, "before": [world.visits]},
        "explainProfile": {"id": ids, "with": [world.other, world.facets[0], world.absorbed]},
        "getInteraction": {"id": [world.mailed, world.interaction, str(uuid.uuid4())]},
        "getOriginal": {"id": [world.mailed, world.interaction]},
        "getPeople": {"id": [world.company, world.living, world.erased], "after": [str(uuid.UUID(int=0))]},
        "getConsents": {"id": ids, "after": [world.consented]},
        "getMemories": {"id": ids, "after": [world.remembered]},
        "postConsent": {"id": ids, "": [
            {"purpose": "analytics", "state": "granted", "basis": "consent", "interaction": world.mailed},
            {"purpose": "marketing", "channel": "email", "state": "withdrawn", "at": "2026-11-01T10:00:00Z",
             "identifier": {"kind": "email", "value": email}},
            {"purpose": "profiling", "state": "granted"}]},
        "postMemory": {"id": ids, "": [
            {"kind": "promised", "text": "a call", "by": "2027-01-10T10:00:00+01:00", "interaction": world.interaction},
            {"kind": "prefers", "text": "the seat by the door", "heard_by": "Giulia", "at": "2026-11-01T10:00:00Z"},
            {"kind": "worried_about", "text": "she is diabetic"}, {"kind": "greet_so", "text": "buondì", "supersedes": world.memory}]},
        "closeMemory": {"id": [world.write(f"of {role}"), world.promise, str(uuid.uuid4())],
                        "": [{"as": "done", "why": "she has it"}, {"as": "outdated", "why": "long ago"}]},
        "postPreferences": {"id": ids, "": [{"tone": "lei", "language": "de-CH", "channel": "phone"}, {}]},
        "getDecisions": {"after": [world.decided]},
        "postDecision": {"": [
            {"kind": "same", "profiles": [world.living, world.other], "preview": True},
            {"kind": "not_same", "left": [world.living], "right": [world.other, world.third], "why": "brother and sister"},
            {"kind": "shared", "identifier": {"kind": "email", "value": f"both@{world.domain}"}, "why": "the office's"}]},
        "revokeDecision": {"id": [world.decide(kind="not_same", profiles=[world.living, world.third]), world.revoked]},
        "postErasure": {"": [
            {"ids": [world.living], "preview": True}, {"ids": [world.show(f"erased-{role}")]}, {"ids": [str(uuid.uuid4())]}]},
        "getChanges": {"after": ["oldest", world.cursor], "profile": [world.living], "types": ["profile.*,decision.made"]},
        "getSnapshot": {"snapshot": [""], "after": [world.snapshot]},
        "putRules": {"": [{"rules": {"kinds": {"email": {"names": 2}}}, "why": "families share addresses"}]},
    }
    for part in ("Traits", "ExternalIds", "Events", "Metadata", "Links"):
        known["getSegment" + part] = {
            "space": ["main"], "collection": ["users", "accounts"],
            "identifier": [f"email:{email}", "anonymous_id:visitor-1", f"email:anna.verdi@{world.domain}", "partita_iva:01114601006"]}
    for part in ("postMailgun", "postMailgunMime"):
        known[part] = {"name": [world.mailbox]} | {kind: [mailgun(mail(f"{role}-{part}-{place}", world.domain))]
            for place, kind in enumerate(("application/x-www-form-urlencoded", "multipart/form-data"))}
    known |= named(world.broken, "getAttempts", "getDead", "retryDead")
    known |= named(world.crm, *[part + "Subscription" for part in ("get", "patch", "pause", "resume", "test", "replay")])
    known |= named(world.crm, "rotateSecret", "dropSecret")
    if role == "admin":
        known |= named(world.add("short-" + uuid.uuid4().hex[:8], "/taken"), "deleteSubscription")
    known["patchSubscription"][""] = [{"settings": {"concurrency": 8, "types": None}}]
    known["retryDead"][""] = [{}]
    known["postSubscription"] = {"": [{"name": f"new-{role}", "settings": {"url": world.receiver + "/taken"}}]}
    return known
