"""Whether contatto.js does in a real Chromium what it promises: what it sends and when, what it keeps on the visitor's device,
and that it never harms the page.

Called by deploy/snippet. Between the browser and the hub stands a gate, which can be told to fail in each of the ways a hub
or a network fails. Without a hub the gate is itself the collector; with one, the gate passes on to it, script and events
alike. With a hub of the test's own (--contatto), each case is followed by the question what the hub has of it: `Hub.hold`.

Longer than other files here: the first half is the gate, the hub, the pages' server and the browser, the second half the
cases, one after the other, which are meant to be read through."""
import argparse
import base64
import collections
import contextlib
import datetime
import gzip
import http.client
import http.server
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

import websocket

HERE = pathlib.Path(__file__).resolve().parent
DEADLINE = 30  # seconds that a condition may take on a busy machine
PASSES_ON = ("content-type", "user-agent", "origin", "referer", "sec-gpc", "dnt", "accept-language")
STORAGE = """(async () => ({cookies: document.cookie, local: Object.keys(localStorage), session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).length, caches: self.caches ? (await caches.keys()).length : 0}))()"""
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
NOTHING = {"cookies": "", "local": [], "session": [], "databases": 0, "caches": 0}


class NotSo(Exception):
    pass


def check(is_so, what):
    if not is_so:
        raise NotSo(what)


def same(found, expected, what):
    check(found == expected, f"{what}: {found!r}, expected {expected!r}")


def eventually(what, is_so):
    """Waits until `is_so` answers something true, and returns that."""
    deadline = time.monotonic() + DEADLINE
    while True:
        if answer := is_so():
            return answer
        if time.monotonic() > deadline:
            raise NotSo("never: " + what() if callable(what) else "never: " + what)
        time.sleep(0.02)


# `status` is what the page was told (0 = nothing); `is_taken`, that the collector took it, whatever the page was told.
Attempt = collections.namedtuple("Attempt", "at is_beacon content_type agent size batch status is_taken done")


class Gate:
    """Stands where the snippet believes the hub to be, and keeps every attempt.

    `fails` are the ways the next requests fail, first to last; `mode` is what happens to all others: "accept" (answer
    200, or what the hub answers), "offline" (close without an answer), "lost" (accept, but the answer does not arrive),
    "hold" (take the request, answer nothing until `released` is set, then close), "beacons" (accept beacons, hold all
    else). A hub that does not answer is "offline" too."""

    def __init__(self, script, key, hub=None, own=None):
        self.changed = threading.Condition()
        self.script, self.key, self.hub, self.own = script, key, hub and urllib.parse.urlsplit(hub), own
        self.fails, self.mode, self.attempts, self.held = [], "accept", [], []
        self.preflights = self.at_once = self.most_at_once = 0
        self.released = threading.Event()
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.partition("?")[0] != "/contatto.js":
                    return self.send_error(404)
                status, headers, body = gate.pass_on("GET", "/contatto.js", {}, None) if gate.hub else (
                    200, {"Content-Type": "text/javascript; charset=utf-8"}, gate.script.read_bytes())
                self.reply(status, headers, body)

            def do_OPTIONS(self):
                gate.preflights += 1
                self.send_error(405)

            def do_POST(self):
                gate.take(self)

            def reply(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server, self.url = serve(Handler)

    def close(self):
        """Nothing is passed on any more when this returns."""
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        eventually("the last request ends", lambda: not self.server.under_way)

    def take(self, request):
        at = time.monotonic()
        body = request.rfile.read(int(request.headers["content-length"]))
        is_beacon = request.headers.get("sec-fetch-mode") == "no-cors"
        with self.changed:
            how = self.fails.pop(0) if self.fails else self.mode
            if not is_beacon:
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            if how == "beacons":
                how = "accept" if is_beacon else "hold"
        answer, is_taken = None, False
        if how in ("accept", "lost"):
            cors = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.pass_on("POST", request.path, request.headers, body) if self.hub else (
                    200, cors, b'{"success":true}')
                is_taken = answer[0] == 200
            if how == "lost":
                answer = None
        elif how == "hold":
            with self.changed:
                self.held.append(json.loads(body))
                self.changed.notify_all()
            self.released.wait(DEADLINE)
        elif how != "offline":
            status, after = how
            answer = (status, {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After",
                               **({"Retry-After": after} if after else {})}, b"")
        with self.changed:
            if not is_beacon:
                self.at_once -= 1
            self.attempts.append(Attempt(
                at, is_beacon, request.headers.get("content-type", ""), request.headers.get("user-agent", ""), len(body),
                json.loads(body), answer[0] if answer else 0, is_taken, time.monotonic()))
            same(request.path, "/v1/b", "the path")
            self.changed.notify_all()
        if answer:
            request.reply(*answer)

    def pass_on(self, method, path, headers, body):
        kind = http.client.HTTPSConnection if self.hub.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.hub.netloc, timeout=DEADLINE)
        try:
            connection.request(method, self.hub.path.rstrip("/") + path, body,
                               {name: headers[name] for name in PASSES_ON if name in headers})
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders()
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server")}
            return answer.status, kept, answer.read()
        finally:
            connection.close()

    def delivered(self, beacons=False):
        """Every event that was answered 200, in the order of arrival, as often as it came; or those that beacons brought."""
        with self.changed:
            return [item for attempt in self.attempts if attempt.status == 200 and attempt.is_beacon == beacons
                    for item in attempt.batch["batch"]]

    def received(self):
        """The events that a hub has: each message once, in the order of arrival."""
        with self.changed:
            items = [item for attempt in self.attempts if attempt.is_taken for item in attempt.batch["batch"]]
        first = {}
        for item in items:
            first.setdefault(item["messageId"], item)
        return list(first.values())

    def until(self, *expected):
        """Waits for the events named, these and no others, in this order; returns them."""
        eventually(lambda: f"{expected} are received: {[name(item) for item in self.received()]}",
                   lambda: len(self.received()) >= len(expected))
        items = self.received()
        same(tuple(name(item) for item in items), expected, "received")
        return items

    def until_attempts(self, count, is_such=lambda attempt: True):
        return eventually(f"{count} attempts", lambda: [a for a in list(self.attempts) if is_such(a)][count - 1:] and
                          [a for a in list(self.attempts) if is_such(a)])


def name(item):
    """An event in one word: what was tracked, the path of a page view, or its type."""
    return item.get("event") or (item["context"]["page"]["path"] if item["type"] == "page" else item["type"])


def serve(handler, context=None):
    counting = threading.Lock()

    class Server(http.server.ThreadingHTTPServer):
        under_way = 0

        def process_request(self, request, client):
            with counting:
                self.under_way += 1
            super().process_request(request, client)

        def shutdown_request(self, request):
            super().shutdown_request(request)
            with counting:
                self.under_way -= 1

        def handle_error(self, request, client):
            if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
                super().handle_error(request, client)

    server = Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server, f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"


class Hub:
    """A hub of the test's own, and what is to be found in it: by the rules, from the events that it has taken.

    An event without consent is a hit, and so is a machine's that names no user; every other is an interaction of the customer
    whom its cookies and its user name. A cookie that two users were seen with is shared, and joins nobody."""

    source = "site"

    def __init__(self, contatto):
        self.contatto, self.process, self.log = contatto, None, tempfile.TemporaryFile("w+")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.items, self.agents, self.hits = {}, {}, {}

    def prepare(self):
        self.start()
        self.run("source", "add", "web", "--name", self.source, "--set", "hosts=shop.test")
        self.key = self.run("key", "create", "--role", "public", "--source", self.source)
        self.reader = self.run("key", "create", "--role", "reader")

    def run(self, *words):
        ended = subprocess.run([self.contatto, *words], capture_output=True, text=True, timeout=120)
        check(ended.returncode == 0, f"contatto {' '.join(words[:2])} ended with {ended.returncode}: {ended.stderr}")
        return ended.stdout.strip()

    def start(self):
        """Tries for some time: what a killed one leaves behind is taken over."""
        deadline = time.monotonic() + DEADLINE * 2
        while time.monotonic() < deadline:
            self.process = subprocess.Popen(
                [self.contatto, "serve", "--port", str(self.port), "--rate", "0"], stdout=subprocess.PIPE, stderr=self.log, text=True)
            while self.process.poll() is None and time.monotonic() < deadline:
                if select.select([self.process.stdout], [], [], 0.2)[0]:
                    if self.process.stdout.readline().startswith("listening "):
                        return
            time.sleep(0.2)
        self.log.seek(0)
        raise NotSo("the hub starts; it said: " + self.log.read()[-2000:])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            same(self.process.wait(60), 0, "a hub that is told to stop ends with")

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request("GET", path, headers={"Authorization": "Bearer " + self.reader})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, path):
        """What a reader is told; None where there is none."""
        status, body = self.get(path)
        check(status in (200, 404), f"{path}: {status} {body.decode()}")
        return json.loads(body) if status == 200 else None

    def profile(self, kind, value):
        return self.ask(f"/v1/profiles/by/{kind}/{urllib.parse.quote(f'{self.source}/{value}', safe='')}")

    def profiles(self, kind, value):
        """All that show a name: of a shared one whoever showed it, and what is nobody's."""
        first = self.profile(kind, value)
        return [first] + [self.ask(f"/v1/profiles/{id}") for id in first["others"]] if first else []

    def timeline(self, profile):
        """All that is stored of a profile, the oldest first."""
        found, before = [], ""
        while before is not None:
            page = self.ask(f"/v1/profiles/{profile['id']}/interactions?limit=200" + before)
            found += page["interactions"]
            before = page["next"] and "&before=" + page["next"]
        return found[::-1]

    # What is to be found.

    def take(self, gate):
        """Adds what a case made the hub take; returns the ids of the interactions among it."""
        new = set()
        for attempt in gate.attempts:
            for item in attempt.batch["batch"] if attempt.is_taken else ():
                is_machine = "Headless" in attempt.agent and "userId" not in item
                if "anonymousId" in item and not is_machine:
                    self.items[item["messageId"]] = item
                    self.agents[item["messageId"]] = "HeadlessChrome" if "Headless" in attempt.agent else "Chrome"
                    new.add(item["messageId"])
                else:
                    self.hits[item["messageId"]] = "bot" if is_machine else "unrecognised"
        return new

    @staticmethod
    def names(item):
        """Who an event says it is."""
        named = [("cookie", item["anonymousId"]), ("user_id", item.get("userId"))]
        if item["type"] == "alias":
            named.append(("cookie", item.get("previousId")))
        return {(kind, value) for kind, value in named if value}

    def customers(self):
        """For each customer, and each shared cookie by itself, the names and the events' ids; and the names that are shared."""
        users = collections.defaultdict(set)
        for item in self.items.values():
            named = self.names(item)
            for one in named:
                if one[0] == "cookie":
                    users[one] |= {other for other in named if other[0] == "user_id"}
        shared = {one for one, seen in users.items() if len(seen) > 1}
        groups = []
        for id, item in self.items.items():
            named, events = self.names(item), {id}
            joins = named - shared or {frozenset(named)}
            for group in [group for group in groups if group[0] & joins]:
                groups.remove(group)
                joins, named, events = joins | group[0], named | group[1], events | group[2]
            groups.append((joins, named, events))
        return [(named, events) for _, named, events in groups], shared

    def hold(self, new):
        """Compares what is there with what was taken, for the customers of the events whose ids are given."""
        told = collections.Counter()
        for one in self.ask("/v1/hits")["hits"]:
            told[one["kind"]] += one["count"]
        same(dict(told), dict(collections.Counter(self.hits.values())), "the hub's hits")
        groups, shared = self.customers()
        for named, events in groups:
            if not events & new:
                continue
            found = {one: self.profiles(*one) for one in sorted(named)}
            own = [found[one] for one in found if one not in shared]
            # By a shared name all are found whom it was seen with; nobody's is what shows nothing else.
            wanted = own or [[one for one in found[min(named)] if one["kind"] == "shared"]]
            profile = wanted[0][0] if wanted[0] else {}
            same([[one["id"] for one in each] for each in wanted], [[profile.get("id", "one")]] * len(wanted),
                 f"the hub's profiles of {sorted(named)}")
            same(profile["kind"], "customer" if own else "shared", f"the hub's kind of profile for {sorted(named)}")
            for one in named & shared:
                check(profile["id"] in [each["id"] for each in found[one]], f"{one} leads to all that show it")
            same(sorted((one["kind"], one["value"], one["assurance"]) for one in profile["identifiers"]
                        if one["kind"] in ("cookie", "user_id")),
                 sorted((*one, "presented") for one in named), "the profile's names")
            timeline = self.timeline(profile)
            there = collections.Counter(one["body"]["id"] for one in timeline)
            texts = lambda ids: sorted(name(self.items[id]) if id in self.items else id for id in ids)
            same(texts(id for id, times in there.items() if times > 1), [], "the hub has stored twice")
            same(texts(events - there.keys()), [], "the hub has lost")
            same(texts(there.keys() - events), [], "the hub counts as this customer's, and it is not")
            for one in timeline:
                self.hold_one(one, self.items[one["body"]["id"]], self.agents[one["body"]["id"]])

    @staticmethod
    def hold_one(one, item, agent):
        """Compares what the hub tells of an event with the event."""
        body, context, what = one["body"], item["context"], f"the hub has of {name(item)}"
        detail = body["detail"]
        same((one["channel"], one["source"], one["direction"]), ("web", Hub.source, "in"), what)
        same((body["kind"], detail.get("event" if item["type"] == "track" else "name"), detail.get("group")),
             (item["type"], item.get("event") or item.get("name"), item.get("groupId")), what)
        properties = item["traits"] if item["type"] == "group" else item.get("properties")
        same(detail.get("properties") or {}, properties or {}, f"{what} properties")
        same((detail["page"]["url"], detail["page"]["title"]), (context["page"]["url"], context["page"]["title"]), f"{what} page")
        same((detail["session"], detail["consent"], detail["library"], detail["agent"]["name"], detail["language"], detail["ip"]),
             (context["sessionId"], "granted", "contatto.js 1", agent, context["locale"], "127.0.0.0"), what)
        same(detail["context"], {key: context[key] for key in ("screen", "again") if key in context}, f"{what} context")
        off = [datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (one["occurred_at"], item["timestamp"])]
        check(abs((off[0] - off[1]).total_seconds()) < 2, f"{what} a time that is its own: {off}")

    def end(self):
        """Holds at the very end: everything is somebody's or a hit, and nothing else is there."""
        stats = json.loads(self.run("stats", "--json"))
        same((stats["interactions"], stats["refused"]), (len(self.items), {}), "the hub has in all, and has refused")
        return (f"the hub has each of {len(self.items)} interactions of {len(self.customers()[0])} customers and "
                f"{len(self.hits)} hits once")


class Site:
    """The pages, with the snippet's attributes as the case wants them."""

    def __init__(self, folder, scratch):
        site = self
        self.gate, self.attributes = None, {}
        kinds = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript; charset=utf-8"}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = urllib.parse.urlsplit(self.path).path
                file = folder / ("spa.html" if path.startswith("/spa/") else path.lstrip("/"))
                if file.parent != folder or not file.is_file():
                    return self.send_error(404)
                values = {"script": site.gate.url + "/contatto.js", "key": site.gate.key, "consent": "ask", "auto": "", "domain": "",
                          **site.attributes}
                body = re.sub(r"\{\{(\w+)\}\}", lambda found: values[found.group(1)], file.read_text()).encode()
                self.send_response(200)
                self.send_header("Content-Type", kinds[file.suffix])
                self.send_header("Content-Length", str(len(body)))
                if path == "/csp.html":
                    self.send_header("Content-Security-Policy",
                                     f"default-src 'none'; script-src {site.gate.url}; connect-src {site.gate.url}")
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        _, self.url = serve(Handler)
        certificate, private = scratch / "certificate.pem", scratch / "private.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=shop.test",
                        "-keyout", private, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private)
        _, self.secure_url = serve(Handler, context)

    def named(self, host):
        return self.url.replace("127.0.0.1", host)


class Browser:
    """Chromium over the DevTools protocol."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={folder}",
             "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-extensions", "--ignore-certificate-errors",
             "--host-resolver-rules=MAP *.shop.test 127.0.0.1, MAP shop.test 127.0.0.1", "--window-size=1000,700",
             "--lang=it-IT", "--user-agent=" + PERSON, "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        address = next((line.split()[-1] for line in self.process.stderr if line.startswith("DevTools listening on")), None)
        check(address, "Chromium starts")
        threading.Thread(target=lambda: collections.deque(self.process.stderr, 0), daemon=True).start()
        self.socket = websocket.create_connection(address, suppress_origin=True, timeout=None)
        self.changed, self.last, self.answers, self.told = threading.Condition(), 0, {}, collections.defaultdict(list)
        threading.Thread(target=self.listen, daemon=True).start()
        self.version = self.call("Browser.getVersion")["product"]

    def listen(self):
        with contextlib.suppress(websocket.WebSocketException, OSError):
            while text := self.socket.recv():
                message = json.loads(text)
                with self.changed:
                    if "id" in message:
                        self.answers[message["id"]] = message
                    else:
                        self.told[message.get("sessionId")].append((message["method"], message["params"]))
                    self.changed.notify_all()

    def call(self, method, session=None, **parameters):
        with self.changed:
            self.last += 1
            number = self.last
            self.socket.send(json.dumps({"id": number, "method": method, "params": parameters,
                                         **({"sessionId": session} if session else {})}))
            check(self.changed.wait_for(lambda: number in self.answers, DEADLINE), f"Chromium answers {method}")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise ConnectionError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def close(self):
        with contextlib.suppress(Exception):
            self.call("Browser.close")
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


class Visitor:
    """A person with a browser of their own: cookies and storage are shared by this visitor's pages and nobody else's."""

    def __init__(self, browser, site):
        self.browser, self.site, self.pages = browser, site, []
        self.context = browser.call("Target.createBrowserContext")["browserContextId"]

    def open(self, path=None, before=None, base=None):
        page = Page(self)
        self.pages.append(page)
        if before:
            page.call("Page.addScriptToEvaluateOnNewDocument", source=before)
        if path:
            page.go(path, base)
        return page

    def cookies(self):
        return self.browser.call("Storage.getCookies", browserContextId=self.context)["cookies"]

    def leave(self):
        self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)


class Page:
    def __init__(self, visitor):
        self.visitor, self.browser = visitor, visitor.browser
        self.target = self.browser.call("Target.createTarget", url="about:blank",
                                        browserContextId=visitor.context)["targetId"]
        self.session = self.browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        check("exceptionDetails" not in answer, f"{script[:80]} runs: {answer.get('exceptionDetails')}")
        return answer["result"].get("value")

    def is_so(self, script):
        try:
            return self.run(script)
        except (ConnectionError, NotSo):  # the document has just been replaced
            return None

    def go(self, path, base=None, is_with_snippet=True):
        answer = self.call("Page.navigate", url=(base or self.visitor.site.url) + path)
        check("errorText" not in answer, f"{path} opens: {answer.get('errorText')}")
        self.loaded(is_with_snippet)

    def loaded(self, is_with_snippet=True):
        ready = "document.readyState === 'complete'" + (
            " && !!window.contatto && typeof contatto.visitor === 'function'" if is_with_snippet else "")
        eventually("the page is loaded", lambda: self.is_so(ready))

    def told(self, method):
        with self.browser.changed:
            return [parameters for told, parameters in self.browser.told[self.session] if told == method]

    def network(self, is_on):
        self.call("Network.emulateNetworkConditions", offline=not is_on, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    def settle(self):
        """Waits until the page has taken in the answers to all that it sent: the gate knows of an event before the page does
        that it arrived, and what leaves in between brings it again."""
        def is_answered():
            sent = {each["requestId"] for each in self.told("Network.requestWillBeSent") if each["request"]["method"] == "POST"}
            return sent <= {each["requestId"] for each in self.told("Network.responseReceived") + self.failures()}

        eventually("all is answered", is_answered)
        self.run("new Promise((done) => setTimeout(done))")

    def failures(self):
        return self.told("Network.loadingFailed")

    def close(self):
        """As a person closes a tab: the page is told."""
        self.call("Page.close")

    def complaints(self):
        """What the page threw, and what its policies refused."""
        return [details["exceptionDetails"].get("exception", {}).get("description", details["exceptionDetails"]["text"])
                for details in self.told("Runtime.exceptionThrown")] + [
            entry["entry"]["text"] for entry in self.told("Log.entryAdded") if entry["entry"]["source"] == "security"]


def assert_unnamed(items):
    for item in items:
        check(not {"anonymousId", "userId", "previousId"} & item.keys(), f"{name(item)} names nobody: {item}")
        check(not {"sessionId", "screen"} & item["context"].keys(), f"{name(item)} has no session and no screen: {item}")
        same(item["context"]["consent"], {"categoryPreferences": {"analytics": False}}, f"{name(item)}'s consent")


def assert_named(items, visitor):
    for item in items:
        same(item["anonymousId"], visitor, f"{name(item)}'s visitor")
        check(re.fullmatch("[0-9a-f]{32}", item["context"]["sessionId"]), f"{name(item)} has a session")
        same(item["context"]["consent"], {"categoryPreferences": {"analytics": True}}, f"{name(item)}'s consent")


CASES = []


def case(what, needs_hub=False, **attributes):
    """`needs_hub`: it says nothing without a hub of the test's own."""
    def add(work):
        CASES.append((what, needs_hub, attributes, work))
        return work
    return add


@case("a page view is sent, in the shape agreed, without a preflight")
def _(gate, visitor):
    page = visitor.open("/index.html?utm_source=news#secret")
    item, = gate.until("/index.html")
    attempt, = gate.attempts
    same(attempt.content_type.partition(";")[0], "text/plain", "the content type")
    same(sorted(attempt.batch), ["batch", "sentAt", "writeKey"], "the envelope")
    same(attempt.batch["writeKey"], gate.key, "the write key")
    same({key: item[key] for key in ("type", "properties")}, {"type": "page", "properties": {}}, "the page view")
    same(item["context"]["page"], {
        "url": visitor.site.url + "/index.html?utm_source=news", "path": "/index.html", "title": "Bottega Rossi",
        "referrer": "", "search": "?utm_source=news"}, "the page")
    same(item["context"]["locale"], page.run("navigator.language"), "the locale")
    same(item["context"]["library"], {"name": "contatto.js", "version": "1"}, "the library")
    for time_text in (item["timestamp"], attempt.batch["sentAt"]):
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time_text), f"a time: {time_text}")
        since = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(time_text.replace("Z", "+00:00"))
        check(abs(since.total_seconds()) < DEADLINE * 2, f"a time near now: {time_text}")
    check(20 <= len(item["messageId"]) < 100, f"a message id: {item['messageId']}")
    page.run("contatto.track('next')")
    items = gate.until("/index.html", "next")
    same(gate.delivered(), items, "delivered: the page could read the first answer")


@case("a page within the page is a page view: pushState, replaceState, back, a router in the fragment")
def _(gate, visitor):
    page = visitor.open("/spa.html")
    gate.until("/spa.html")
    page.run("go('/spa/a')")
    page.run("document.getElementById('anchor').click()")
    page.run("go('/spa/a?sort=price', 'replaceState')")
    gate.until("/spa.html", "/spa/a")
    page.run("go('/spa/b', 'replaceState')")
    gate.until("/spa.html", "/spa/a", "/spa/b")
    page.run("go('/spa/lost'); go('/spa/c', 'replaceState')")
    gate.until("/spa.html", "/spa/a", "/spa/b", "/spa/c")
    page.run("history.back()")
    gate.until("/spa.html", "/spa/a", "/spa/b", "/spa/c", "/spa/b")
    page.run("document.getElementById('router').click()")
    views = gate.until("/spa.html", "/spa/a", "/spa/b", "/spa/c", "/spa/b", "/spa/b#/basket")
    pages = [view["context"]["page"] for view in views]
    site = visitor.site.url
    same([p["title"] for p in pages[:4]], ["Start", "Page /spa/a", "Page /spa/b", "Page /spa/c"], "the titles")
    same([p["referrer"] for p in pages[:4]], ["", site + "/spa.html", site + "/spa/a?sort=price", site + "/spa/b"], "the referrers")
    same(pages[5]["url"], site + "/spa/b#/basket", "the address")
    same(page.run("location.pathname"), "/spa/b", "the page's own navigation")


@case("with data-auto=off there is no page view but what the page itself tells", auto="off")
def _(gate, visitor):
    page = visitor.open("/spa.html")
    page.run("go('/spa/a')")
    page.run("contatto.page('Basket', {items: 2})")
    page.run("contatto.page({items: 3})")
    items = gate.until("/spa/a", "/spa/a")
    same([item.get("name") for item in items], ["Basket", None], "the names")
    same([item["properties"] for item in items], [{"items": 2}, {"items": 3}], "the properties")


@case("without consent nothing is kept on the device and nothing sent says who it is")
def _(gate, visitor):
    page = visitor.open("/index.html")
    page.run("contatto.track('first', {price: 7.5}); contatto.identify('anna', {email: 'anna@example.it'}); contatto.group('rossi');"
             "contatto.alias('anna'); contatto.reset(); contatto.track('second')")
    gate.until("/index.html", "first", "second")
    page.go("/second.html")
    page.run("contatto.consent(false); contatto.track('third')")
    items = gate.until("/index.html", "first", "second", "/second.html", "third")
    assert_unnamed(items)
    check("anna" not in json.dumps(items), "no identity is sent")
    same(page.run(STORAGE), NOTHING, "kept on the device")
    same(visitor.cookies(), [], "the cookies")
    same(page.run("contatto.visitor()"), None, "the visitor")
    same(items[1]["properties"], {"price": 7.5}, "the properties")


@case("with consent there is one cookie, and one visitor over two pages and a reload")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    before = time.time()
    page.run("document.getElementById('yes').click()")
    identity = page.run("contatto.visitor()")
    cookie, = visitor.cookies()
    check(re.fullmatch("[0-9a-f]{32}", cookie["value"]), "128 random bits")
    same({key: cookie[key] for key in ("name", "value", "path", "domain", "sameSite", "secure", "httpOnly")},
         {"name": "contatto_visitor", "value": identity, "path": "/", "domain": "127.0.0.1", "sameSite": "Lax",
          "secure": False, "httpOnly": False}, "the cookie")
    check(abs(cookie["expires"] - before - 180 * 86400) < DEADLINE * 2, f"180 days: {cookie['expires'] - before}")
    gate.until("/index.html", "/index.html")
    page.go("/second.html")
    gate.until("/index.html", "/index.html", "/second.html")
    page.call("Page.reload")
    items = gate.until("/index.html", "/index.html", "/second.html", "/second.html")
    page.loaded()
    assert_unnamed(items[:1])
    assert_named(items[1:], identity)
    same([item["context"].get("again") for item in items], [None, True, None, None], "which view was told before")
    same(len({item["context"]["sessionId"] for item in items[1:]}), 1, "the sessions")
    same(items[1]["context"]["screen"], page.run("({width: screen.width, height: screen.height, density: devicePixelRatio})"),
         "the screen")
    eventually("the queue is empty", lambda: page.run("Object.keys(localStorage)") == ["contatto.js:session"])
    same(page.run("document.cookie.match(/contatto_visitor/g).length"), 1, "the cookies")


@case("over https the cookie is Secure", consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html", base=visitor.site.secure_url)
    cookie, = visitor.cookies()
    same(cookie["secure"], True, "Secure")
    assert_named(gate.until("/index.html"), page.run("contatto.visitor()"))


@case("data-domain shares the visitor between hosts, on pages without https too", consent="granted", domain="shop.test")
def _(gate, visitor):
    page = visitor.open("/index.html", base=visitor.site.named("www.shop.test"))
    same(page.run("isSecureContext"), False, "https")
    identity = page.run("contatto.visitor()")
    page.go("/index.html", visitor.site.named("shop.test"))
    same(page.run("contatto.visitor()"), identity, "the visitor")
    same([cookie["domain"] for cookie in visitor.cookies()], [".shop.test"], "the cookies' domains")
    assert_named(gate.until("/index.html", "/index.html"), identity)
    page.run("contatto.consent(false)")
    same(visitor.cookies(), [], "the cookies")


@case("data-consent=denied deletes what an earlier consent left")
def _(gate, visitor):
    page = visitor.open("/index.html")
    page.run("contatto.consent(true)")
    gate.until("/index.html", "/index.html")
    visitor.site.attributes["consent"] = "denied"
    page.go("/second.html")
    same(page.run(STORAGE), NOTHING, "kept on the device")
    assert_unnamed(gate.until("/index.html", "/index.html", "/second.html")[2:])


@case("a consent withdrawn deletes cookie, session and queue, in every tab, and leaves the site's own", consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html")
    other = visitor.open("/second.html")
    gate.until("/index.html", "/second.html")
    gate.mode = "offline"
    page.run("localStorage.setItem('contatto_form', 'mine'); document.cookie = 'basket=1'; contatto.track('regretted')")
    page.run("contatto.consent(false); contatto.track('after')")
    same(page.run(STORAGE), {**NOTHING, "cookies": "basket=1", "local": ["contatto_form"]}, "kept on the device")
    other.run("contatto.track('elsewhere')")
    gate.mode = "accept"
    eventually("both arrive", lambda: len(gate.received()) == 4)
    items = gate.received()
    same({name(item) for item in items[2:]}, {"after", "elsewhere"}, "received")
    assert_unnamed(items[2:])
    same(other.run(STORAGE), {**NOTHING, "cookies": "basket=1", "local": ["contatto_form"]}, "kept on the device")


@case("identify, group, alias; reset makes another visitor", consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html")
    first = page.run("contatto.visitor()")
    page.run("contatto.identify(42, {name: 'Anna'}); contatto.track('known'); contatto.group('rossi', {size: 3});"
             "contatto.alias('new'); contatto.alias('new', 'old'); contatto.identify({language: 'it'})")
    page.run("document.getElementById('logout').click()")
    second = page.run("contatto.visitor()")
    page.run("contatto.track('unknown'); contatto.alias('new')")
    items = gate.until("/index.html", "identify", "known", "group", "alias", "alias", "identify", "unknown", "alias")
    check(first != second and len(visitor.cookies()) == 1, "another visitor, one cookie")
    assert_named(items[:7], first)
    assert_named(items[7:], second)
    same([item.get("userId") for item in items], [None, "42", "42", "42", "new", "new", "42", None, "new"], "the users")
    same([item.get("previousId") for item in items], [None] * 4 + ["42", "old", None, None, second], "the previous ids")
    same([item.get("traits") for item in items if item["type"] in ("identify", "group")],
         [{"name": "Anna"}, {"size": 3}, {"language": "it"}], "the traits")
    same(items[3]["groupId"], "rossi", "the group")
    same(len({item["context"]["sessionId"] for item in items}), 2, "the sessions")


@case("an identify before the consent is sent when it is given, and not before")
def _(gate, visitor):
    page = visitor.open("/index.html")
    page.run("contatto.identify('anna', {name: 'Anna'}); contatto.track('before')")
    gate.until("/index.html", "before")
    page.run("contatto.consent(true); contatto.consent(true); contatto.track('after')")
    items = gate.until("/index.html", "before", "/index.html", "identify", "after")
    assert_unnamed(items[:2])
    assert_named(items[2:], page.run("contatto.visitor()"))
    same([item.get("userId") for item in items], [None, None, None, "anna", "anna"], "the users")


@case("what is tracked when the visitor leaves at once goes by beacon")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.settle()
    gate.mode = "beacons"
    page.run("contatto.track('leaving'); document.getElementById('blank').click()")
    items = gate.until("/index.html", "leaving")
    assert_unnamed(items)
    page.loaded(False)
    beacon, = [attempt for attempt in gate.attempts if attempt.is_beacon]
    same(beacon.content_type.partition(";")[0], "text/plain", "the content type")
    same(gate.delivered(beacons=True), items[1:], "brought by the beacon")


@case("a view within the page just before leaving is not lost")
def _(gate, visitor):
    page = visitor.open("/spa.html")
    gate.until("/spa.html")
    page.settle()
    gate.mode = "beacons"
    # The event itself, so that no timer comes between the two.
    page.run("go('/spa/a'); dispatchEvent(new PageTransitionEvent('pagehide'))")
    gate.until("/spa.html", "/spa/a")


@case("a page that is only hidden sends by beacon, and still asks for an answer")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.settle()
    gate.mode = "beacons"
    page.run("contatto.track('one')")
    visitor.open().call("Page.bringToFront")
    eventually("the page is hidden", lambda: page.run("document.hidden"))
    items = gate.until("/index.html", "one")
    same(gate.delivered(beacons=True), items[1:], "brought by the beacon")
    gate.mode = "accept"
    gate.released.set()
    eventually("it comes again", lambda: gate.delivered() == items)
    same(gate.received(), items, "received")


@case("coming back to a page is a page view")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.go("/blank.html", is_with_snippet=False)
    page.run("history.back()")
    gate.until("/index.html", "/index.html")


@case("offline, then online: each once, in order")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.settle()
    page.network(False)
    for number in range(5):
        page.run(f"contatto.track('event {number}')")
    eventually("an attempt fails", page.failures)
    page.run("contatto.track('event 5')")
    same(page.run(STORAGE), NOTHING, "kept on the device")
    page.network(True)
    items = gate.until("/index.html", *(f"event {number}" for number in range(6)))
    same(gate.delivered(), items, "delivered")
    same([item["timestamp"] for item in items], sorted(item["timestamp"] for item in items), "the times")


@case("a queue outlives the page, with consent: the next page delivers it first", consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    gate.mode = "offline"
    page.run("contatto.track('one'); contatto.track('two')")
    gate.until_attempts(1, lambda attempt: attempt.status == 0)
    page.go("/second.html")
    page.run("contatto.track('three')")
    page.go("/blank.html", is_with_snippet=False)
    gate.until_attempts(1, lambda attempt: attempt.is_beacon and "three" in map(name, attempt.batch["batch"]))
    gate.mode = "accept"
    page.go("/index.html")
    items = gate.until("/index.html", "one", "two", "/second.html", "three", "/index.html")
    same(gate.delivered(), items, "delivered")
    eventually("the queue is empty", lambda: page.run("Object.keys(localStorage)") == ["contatto.js:session"])


@case("a failing hub is asked again after 0.5 s, doubling, with jitter")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    gate.fails = [(500, None), "offline", (503, None), (429, None), (408, None)]
    page.run("contatto.track('late')")
    items = gate.until("/index.html", "late")
    same(gate.delivered(), items, "delivered")
    attempts = gate.attempts[1:]
    same([attempt.status for attempt in attempts], [500, 0, 503, 429, 408, 200], "the answers")
    same(len({attempt.batch["batch"][0]["messageId"] for attempt in attempts}), 1, "the message ids")
    gaps = [after.at - before.done for before, after in zip(attempts, attempts[1:])]
    for number, gap in enumerate(gaps):
        check(gap >= 0.25 * 2 ** number - 0.01, f"the gaps grow: {gaps}")
    check(gaps[0] < 2 and sum(gaps) < 15.5 + 5, f"no gap is longer than it should be: {gaps}")


@case("an answer that is lost: what comes again is the same", consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    gate.fails = ["lost", "lost"]
    page.run("contatto.track('one'); contatto.track('two')")
    gate.until_attempts(1, lambda attempt: attempt.status == 0)
    page.run("contatto.track('three')")
    eventually("all is answered", lambda: [name(item) for item in gate.delivered()] == ["/index.html", "one", "two", "three"])
    came = [attempt for attempt in gate.attempts if attempt.is_taken and "one" in map(name, attempt.batch["batch"])]
    same(len(came), 3, "how often it came")
    gate.until("/index.html", "one", "two", "three")


@case("an answer that is lost, without consent: what comes again is counted once", needs_hub=True)
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    gate.fails = ["lost", "lost"]
    page.run("contatto.track('one'); contatto.track('two')")
    eventually("all is answered", lambda: [name(item) for item in gate.delivered()] == ["/index.html", "one", "two"])


@case("a hub that is killed while the page goes on", needs_hub=True, consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.run("let count = 0; window.timer = setInterval(() => contatto.track('step ' + count++), 25)")
    eventually("it sends", lambda: len(gate.received()) > 10)
    gate.own.kill()
    gate.until_attempts(1, lambda attempt: attempt.status == 0)
    gate.own.start()
    count = page.run("clearInterval(window.timer); count")
    check(10 < count < 200, f"no more than the queue takes: {count}")
    gate.until("/index.html", *(f"step {number}" for number in range(count)))


@case("what the hub tells of a visitor", needs_hub=True)
def _(gate, visitor):
    hub = gate.own
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.run("contatto.consent(true); contatto.track('looked')")
    one = page.run("contatto.visitor()")
    gate.until("/index.html", "/index.html", "looked")
    before = hub.profile("cookie", one)
    same(hub.profile("user_id", "carla"), None, "a user before he is named")
    page.run("contatto.identify('carla', {email: 'Carla@example.it', plan: 'pro'});"
             "contatto.track('Order Completed', {total: 12.5, currency: 'EUR', coupon: 'TEN'})")
    gate.until("/index.html", "/index.html", "looked", "identify", "Order Completed")
    page.go("/second.html?utm_source=news&utm_medium=email&utm_campaign=autumn")
    gate.until("/index.html", "/index.html", "looked", "identify", "Order Completed", "/second.html")
    page.run("contatto.reset(); contatto.track('later')")
    two = page.run("contatto.visitor()")
    gate.until("/index.html", "/index.html", "looked", "identify", "Order Completed", "/second.html", "later")
    carla = hub.profile("user_id", "carla")
    same([hub.profile("cookie", one)["id"], before["id"]], [carla["id"]] * 2, "visitor and user are one profile, the visitor's")
    check(hub.profile("cookie", two)["id"] != carla["id"], "who comes after reset is another")
    same({one["kind"]: (one["value"], one["assurance"]) for one in carla["identifiers"]},
         {"user_id": ("carla", "presented"), "cookie": (one, "presented"), "email": ("carla@example.it", "claimed")}, "named")
    same(carla["traits"], {"plan": "pro"}, "traits")
    timeline = hub.timeline(carla)
    same([one["body"]["kind"] for one in timeline], ["page", "track", "identify", "track", "page"], "the timeline")
    same([one["amount"] for one in timeline], [None] * 3 + [{"minor": 1250, "currency": "EUR"}, None], "the amounts")
    same([touch["code"] for one in timeline for touch in one["body"]["detail"].get("touches", [])], ["TEN", "autumn"], "touches")
    visit, = hub.ask(f"/v1/profiles/{carla['id']}/visits")["visits"]
    same((visit["pages"], visit["entry"]), (2, visitor.site.url + "/index.html"), "one visit over both pages")


@case("a machine that renders pages is counted, and nobody; a user it names is one", needs_hub=True, consent="granted")
def _(gate, visitor):
    page = visitor.open()
    page.call("Network.setUserAgentOverride", userAgent=PERSON.replace(" Chrome/", " HeadlessChrome/"))
    page.go("/index.html")
    page.run("contatto.track('seen')")
    gate.until("/index.html", "seen")
    same(gate.own.profile("cookie", page.run("contatto.visitor()")), None, "a machine's cookie")
    page.run("contatto.identify('tester')")
    gate.until("/index.html", "seen", "identify")
    check(all("Headless" in attempt.agent for attempt in gate.attempts), "it says that it is one")


@case("Retry-After is respected, whatever else happens on the page")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    gate.fails = [(503, "3")]
    page.run("contatto.track('one')")
    gate.until_attempts(1, lambda attempt: attempt.status == 503)
    page.run("contatto.track('two'); dispatchEvent(new Event('online'))")
    gate.until("/index.html", "one", "two")
    refused, accepted = gate.attempts[1:]
    gap = accepted.at - refused.done
    check(3 <= gap < 10, f"three seconds: {gap}")


@case("Retry-After, here as a date, is respected by the next page and the other tab too", consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html")
    other = visitor.open("/spa.html")
    gate.until("/index.html", "/spa.html")
    until = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=5)
    gate.fails = [(429, until.strftime("%a, %d %b %Y %H:%M:%S GMT"))]
    page.run("contatto.track('one')")
    refused, = gate.until_attempts(1, lambda attempt: attempt.status == 429)
    eventually("it is noted", lambda: page.run("'contatto.js:after' in localStorage"))
    page.go("/second.html")
    other.run("contatto.track('two')")
    eventually("all arrive", lambda: {name(item) for attempt in list(gate.attempts) if not attempt.is_beacon and
                                      attempt.status == 200 for item in attempt.batch["batch"]} >= {"one", "/second.html", "two"})
    same(sorted(map(name, gate.received())), sorted(["/index.html", "/spa.html", "one", "/second.html", "two"]), "received")
    start = until.timestamp() - time.time() + time.monotonic()
    for attempt in gate.attempts:
        check(attempt.is_beacon or attempt.at <= refused.at or attempt.at >= start - 0.1,
              f"only beacons come before the time: {start - attempt.at} s too early")


@case("a waiting time that the device's clock has made absurd is not waited for", consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.run("localStorage.setItem('contatto.js:after', Date.now() + 1e9)")
    page.go("/second.html")
    gate.until("/index.html", "/second.html")


@case("a refusal (400) drops what was refused and nothing else")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    gate.fails = [(400, None)]
    page.run("contatto.track('bad')")
    gate.until_attempts(1, lambda attempt: attempt.status == 400)
    page.run("contatto.track('good')")
    gate.until("/index.html", "good")


@case("the queue is bounded: 200 events, 60 kB a request, 32 kB an event")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.settle()
    page.network(False)
    page.run("for (let number = 0; number < 250; number++) contatto.track('event ' + number, {text: 'è'.repeat(600)})")
    page.run("contatto.track('large', {text: 'è'.repeat(17000)})")
    eventually("an attempt fails", page.failures)
    page.network(True)
    items = gate.until("/index.html", *(f"event {number}" for number in range(50, 250)))
    same(gate.delivered(), items, "delivered")
    check(len(gate.attempts) >= 5, f"several requests: {len(gate.attempts)}")


@case("a beacon carries no more than a browser takes; the rest is not lost", consent="granted")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    page.settle()
    names = [f"event {number}" for number in range(100)]
    page.run("for (let number = 0; number < 100; number++) contatto.track('event ' + number, {text: 'è'.repeat(600)});"
             "location.href = '/second.html'")
    page.loaded()
    gate.until("/index.html", *names, "/second.html")
    check(any(attempt.is_beacon for attempt in gate.attempts), "a beacon")


for signal_name, script in (
        ("GPC", "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"),
        ("Do Not Track", "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})")):
    @case(f"{signal_name} is a refusal, whatever the page says, and deletes what there was", consent="granted")
    def _(gate, visitor, script=script):
        visitor.open("/index.html")
        gate.until("/index.html")
        same(len(visitor.cookies()), 1, "the cookies before")
        page = visitor.open("/second.html", before=script)
        same(page.run(STORAGE), NOTHING, "kept on the device")
        page.run("contatto.consent(true); contatto.identify('anna'); contatto.reset(); contatto.track('seen')")
        items = gate.until("/index.html", "/second.html", "seen")
        assert_unnamed(items[1:])
        same(page.run(STORAGE), NOTHING, "kept on the device")
        same(visitor.cookies(), [], "the cookies")
        same(page.run("contatto.visitor()"), None, "the visitor")


@case("included twice it runs once, and takes the calls made before it loaded")
def _(gate, visitor):
    page = visitor.open("/twice.html")
    gate.until("/twice.html", "early")
    eventually("both are loaded", lambda: page.run(
        "performance.getEntriesByType('resource').filter(entry => entry.name.includes('contatto.js')).length === 2"))
    page.run("history.pushState({}, '', '/twice/more')")
    gate.until("/twice.html", "early", "/twice/more")
    page.run("contatto.push(['track', 'late'])")
    items = gate.until("/twice.html", "early", "/twice/more", "late")
    same(gate.delivered(), items, "delivered")
    same(items[1]["properties"], {"position": 1}, "the properties")


@case("an element named contatto does not stop it")
def _(gate, visitor):
    page = visitor.open("/named.html")
    page.run("contatto.track('seen')")
    gate.until("/named.html", "seen")


@case("nothing the page passes makes it throw")
def _(gate, visitor):
    page = visitor.open("/index.html")
    page.run("""const ring = {}; ring.ring = ring; const calls = contatto;
        calls.track('ring', ring); calls.track('big', {n: 1n}); calls.track('trap', {get x() { throw Error('trap') }});
        calls.track(); calls.track('null', null); calls.page(null, null); calls.identify(null, null); calls.identify(Symbol('s'));
        calls.push(); calls.push(null); calls.push(['none']); calls.push([]); calls.ready(); calls.ready('location.hash="evil"');
        calls.consent(); calls.consent('yes'); calls.group(); calls.alias(); calls.reset()""")
    same(page.run("contatto.visitor()"), None, "the visitor, as nothing but true is a consent")
    same(page.run("new Promise((done) => contatto.ready((loaded) => done(loaded === contatto)))"), True, "ready")
    page.run("contatto.consent(true); contatto.track('end')")
    items = eventually("the end", lambda: any(name(item) == "end" for item in gate.received()) and gate.received())
    same([item.get("event") for item in items if item["type"] == "track"], [None, "null", "end"], "tracked")
    same(page.run("location.hash"), "", "no text is run")
    same(page.run("Object.keys(window).filter((key) => /contatto/i.test(key))"), ["contatto"], "the globals")


for trouble, script in (
        ("blocked", "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"),
        ("missing", "Object.defineProperty(window, 'localStorage', {value: null})"),
        ("full", "for (let text = 'x'.repeat(2 ** 22); text; )"
                 " try { localStorage.setItem('fill' + localStorage.length, text) } catch (error) { text = text.slice(text.length / 2 + 1) }")):
    @case(f"a storage that is {trouble}: the queue stays in memory", consent="granted")
    def _(gate, visitor, trouble=trouble, script=script):
        page = visitor.open("/index.html", before=script)
        first, = gate.until("/index.html")
        gate.mode = "offline"
        page.run("contatto.track('one'); contatto.track('two')")
        gate.until_attempts(1, lambda attempt: attempt.status == 0)
        if trouble == "full":
            same(page.run("Object.keys(localStorage).filter((key) => key.startsWith('contatto.js:'))"), [], "stored")
        gate.mode = "accept"
        items = gate.until("/index.html", "one", "two")
        same(gate.delivered(), items, "delivered")
        assert_named(items, page.run("contatto.visitor()"))
        same(len({item["context"]["sessionId"] for item in items}), 1, "the sessions")
        gate.mode = "offline"
        page.run("contatto.track('regretted'); contatto.consent(false); contatto.track('after')")
        same(visitor.cookies(), [], "the cookies")
        gate.mode = "accept"
        assert_unnamed(gate.until("/index.html", "one", "two", "after")[3:])


@case("where cookies are blocked nobody is recognised, and nothing breaks", consent="granted")
def _(gate, visitor):
    page = visitor.open()
    page.call("Emulation.setDocumentCookieDisabled", disabled=True)
    page.go("/index.html")
    page.run("contatto.identify('anna'); contatto.track('seen')")
    assert_unnamed(gate.until("/index.html", "seen"))
    same(page.run("[contatto.visitor(), Object.keys(localStorage)]"), [None, []], "visitor and storage")


@case("works under a Content-Security-Policy that names the hub alone")
def _(gate, visitor):
    page = visitor.open("/csp.html")
    page.run("contatto.consent(true); contatto.track('seen')")
    gate.until("/csp.html", "/csp.html", "seen")
    page.run("contatto.track('leaving'); location.href = '/blank.html'")
    gate.until("/csp.html", "/csp.html", "seen", "leaving")


@case("a page that is closed during a flight: the beacon brings what the flight lost")
def _(gate, visitor):
    page = visitor.open("/index.html")
    gate.until("/index.html")
    gate.fails = ["hold"]
    page.run("contatto.track('in flight')")
    eventually("a flight", lambda: gate.held)
    page.run("contatto.track('behind')")
    page.close()
    items = gate.until("/index.html", "in flight", "behind")
    same(gate.held[0]["batch"], items[1:2], "the flight's event is the beacon's, with its message id")
    same(gate.delivered(beacons=True), items[1:], "brought by the beacon")


def tabs(gate, visitor):
    """Two tabs, at rest. One after the other: a browser tells a tab a moment later what another has removed from their storage,
    so a tab that is about to send may bring once more what the other just brought (the hub knows it by its message id)."""
    one = visitor.open("/index.html")
    gate.until("/index.html")
    one.settle()
    two = visitor.open("/second.html")
    gate.until("/index.html", "/second.html")
    two.settle()
    return one, two


@case("two tabs share one queue: one sends at a time, nothing lost, nothing twice", consent="granted")
def _(gate, visitor):
    one, two = tabs(gate, visitor)
    gate.fails = ["hold"]
    one.run("contatto.track('a0')")
    eventually("a flight", lambda: gate.held)
    for number in range(1, 4):
        one.run(f"contatto.track('a{number}')")
        two.run(f"contatto.track('b{number}')")
    # Both would have sent by now, were it not for the lock: a timer set after theirs has fired.
    for page in (one, two):
        page.run("new Promise((done) => setTimeout(done, 300))")
    gate.released.set()
    items = gate.until("/index.html", "/second.html", "a0", "a1", "b1", "a2", "b2", "a3", "b3")
    same(gate.delivered(), items, "delivered")
    same(gate.most_at_once, 1, "requests at once")


@case("a tab that is closed while the hub is away leaves its queue to the other", consent="granted")
def _(gate, visitor):
    one, two = tabs(gate, visitor)
    gate.mode = "offline"
    one.run("contatto.track('a1'); contatto.track('a2')")
    one.close()
    gate.until_attempts(1, lambda attempt: attempt.is_beacon and "a2" in map(name, attempt.batch["batch"]))
    gate.mode = "accept"
    two.run("contatto.track('b1')")
    items = gate.until("/index.html", "/second.html", "a1", "a2", "b1")
    same(gate.delivered(), items, "delivered")


def screenshot(visitor, file):
    page = visitor.open("/index.html")
    eventually("the page has asked", lambda: page.run("document.documentElement.dataset.ready"))
    file.write_bytes(base64.b64decode(page.call("Page.captureScreenshot")["data"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hub", help="the address of a hub that runs; its contatto.js is tested")
    parser.add_argument("--key", default="test-key", help="the write key of a source of that hub")
    parser.add_argument("--contatto", help="the command of which a hub of its own is started, and asked what it has stored")
    parser.add_argument("--script", type=pathlib.Path, default=HERE.parent / "connectors/web/Sources/Snippet/contatto.js")
    parser.add_argument("--pages", type=pathlib.Path, default=HERE / "snippet-pages")
    parser.add_argument("--only", default="", help="only the cases whose name has this in it")
    parser.add_argument("--screenshot", type=pathlib.Path, help="where a picture of the demo page is written")
    options = parser.parse_args()

    size = len(gzip.compress(options.script.read_bytes(), 9)) + len(options.script.name) + 1  # as `gzip -9` has the name in it
    passed, failed = 0, set()

    def fail(what, error):
        failed.add(what)
        print(f"FAILED {what}: {error}", flush=True)
        if not isinstance(error, NotSo):
            traceback.print_exc()

    if size >= 4096:
        fail("contatto.js", NotSo(f"{size} bytes compressed"))
    own = Hub(options.contatto) if options.contatto else None
    scratch = pathlib.Path(tempfile.mkdtemp())
    site = Site(options.pages.resolve(), scratch)

    def open_gate(attributes):
        """A gate of its own for each case: what the last case's pages send as they close arrives at another address."""
        site.gate, site.attributes = Gate(options.script, options.key, options.hub, own), dict(attributes)
        return site.gate

    browser, told = None, None
    try:
        if own:
            own.prepare()
            options.hub, options.key = own.url, own.key
            if own.get("/contatto.js") != (200, options.script.read_bytes()):
                fail("contatto.js", NotSo("the hub's is not that of --script; is the build older?"))
        browser = Browser(scratch / "profile")
        for what, needs_hub, attributes, work in CASES:
            if options.only not in what or (needs_hub and not own):
                continue
            gate = open_gate(attributes)
            visitor = Visitor(browser, site)
            start = time.monotonic()
            try:
                work(gate, visitor)
                same(gate.preflights, 0, "preflights")
                check(all(attempt.size <= 60_000 for attempt in gate.attempts), "no request above 60 kB")
                same([complaint for page in visitor.pages for complaint in page.complaints()], [], "thrown in the page")
            except Exception as error:
                fail(what, error)
            try:
                visitor.leave()
                gate.close()
                if own:
                    new = own.take(gate)
                    if what not in failed:
                        own.hold(new)
            except Exception as error:
                fail(what, error)
            if what not in failed:
                passed += 1
                print(f"  {time.monotonic() - start:5.1f} s  {what}", flush=True)
        if options.screenshot:
            open_gate({})
            screenshot(Visitor(browser, site), options.screenshot)
        if own:
            try:
                told = own.end()
            except NotSo as error:
                fail("at the end", error)
    finally:
        if browser:
            browser.close()
        if own:
            own.stop()
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"snippet: {browser.version}, contatto.js {size} bytes compressed")
    if told:
        print(f"snippet: {told}")
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
