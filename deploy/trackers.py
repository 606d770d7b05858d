"""Whether what strangers' trackers report is stored once, under whose it is: the libraries of Segment, RudderStack, Snowplow,
PostHog and Matomo, unmodified and with their own retries, against a hub that is stopped and killed in the middle; and the
requests of browsers, by plain HTTP.

Called by deploy/trackers with the command `contatto`; `--kills N` and `--seed N` say how often and when the hub is killed.
Longer than other files: five libraries, each with its own words for the same deeds."""
import argparse
import base64
import collections
import datetime
import gzip
import http.client
import json
import logging
import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
import uuid
import warnings
import zlib

import matomopy
import requests
import requests.adapters
import rudderstack.analytics.client
import segment.analytics.client
import urllib3
from posthog import Posthog
from snowplow_tracker import Emitter, PageView, SelfDescribing, SelfDescribingJson, StructuredEvent, Subject, Tracker

arguments = argparse.ArgumentParser(usage="deploy/trackers FOLDER [--kills N] [--seed N]")
arguments.add_argument("contatto")
arguments.add_argument("--kills", type=int, default=3)
arguments.add_argument("--seed", type=int, default=1)
options = arguments.parse_args()

# The libraries tell the log of every connection that fails, which is the point here.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore", DeprecationWarning)

SITE = "shop"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CHATGPT, NEWS = "https://chatgpt.com/", "https://shop.example/pricing?utm_source=news&utm_medium=email&utm_campaign=autumn"
EARLIER = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(hours=2)
checks, failures = 0, []


def check(is_so, what):
    global checks
    checks += 1
    if not is_so:
        failures.append(what)
        print("trackers: not so: " + what, file=sys.stderr, flush=True)


def same(found, wanted, what):
    check(found == wanted, f"{what}: {wanted!r} (it is {found!r})")


def run(*words):
    ended = subprocess.run([options.contatto, *words], capture_output=True, text=True, timeout=120)
    if ended.returncode != 0:
        sys.exit(f"trackers: contatto {' '.join(words[:3])} ended with {ended.returncode}: {ended.stderr}")
    return ended.stdout.strip()


class Hub:
    """A hub on one port, however often it is started."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.key, self.process = None, None
        self.log = tempfile.TemporaryFile("w+")

    def start(self):
        """Tries for some seconds: what a killed one leaves behind is taken over."""
        deadline = time.monotonic() + 60
        while True:
            self.process = subprocess.Popen(
                [options.contatto, "serve", "--port", str(self.port), "--rate", "0"], stdout=subprocess.PIPE, stderr=self.log, text=True)
            while self.process.poll() is None and time.monotonic() < deadline:
                if select.select([self.process.stdout], [], [], 0.2)[0]:
                    if self.process.stdout.readline().startswith("listening "):
                        return
            if time.monotonic() > deadline:
                self.log.seek(0)
                sys.exit("trackers: the hub does not start; it said:\n" + self.log.read()[-2000:])
            time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        same(self.process.wait(60), 0, "a hub that is told to stop ends with")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def send(self, method, path, body=None, **fields):
        """The status, the head and the body of an answer, whatever it says."""
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        request = urllib.request.Request(self.address + path, method=method, data=body, headers=fields)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def ask(self, path):
        status, _, body = self.send("GET", path, Authorization="Bearer " + self.key)
        if status not in (200, 404):
            sys.exit(f"trackers: GET {path}: {status} {body.decode()}")
        return json.loads(body) if status == 200 else None

    def profile(self, user, kind="user_id"):
        return self.ask(f"/v1/profiles/by/{kind}/{urllib.parse.quote(SITE + '/' + user, safe='')}")

    def timeline(self, user, kind="user_id"):
        """All that is stored of a user, the oldest first."""
        profile, found, before = self.profile(user, kind), [], ""
        while profile and before is not None:
            page = self.ask(f"/v1/profiles/{profile['id']}/interactions?limit=200" + before)
            found += page["interactions"]
            before = page["next"] and "&before=" + page["next"]
        return found[::-1]

    def stats(self):
        return json.loads(run("stats", "--json"))

    def stored(self):
        return next(one["interactions"] for one in self.stats()["sources"] if one["name"] == SITE)

    def refused(self, reason):
        return self.stats()["refused"].get(reason, 0)

    def hits(self):
        counted = collections.Counter()
        for line in run("hits", "--json").splitlines():
            one = json.loads(line)
            counted[one["kind"]] += one["count"]
        return counted


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


# The libraries. Each sends `step` number n of a user, and says what it gave up on.


class Segment:
    name = "segment"

    def __init__(self, key="WK_segment", is_gzip=False, size=20):
        self.failed = []
        self.client = self.library().Client(
            key, host=hub.address, gzip=is_gzip, max_retries=15, upload_size=size, upload_interval=0.005 * size,
            on_error=lambda error, batch: self.failed.append(f"{error!r} for {len(batch)} events"))

    def library(self):
        return segment.analytics.client

    def step(self, user, number):
        self.client.track(user, "step", {"n": number})

    def end(self):
        self.client.flush()
        self.client.shutdown()


class Rudder(Segment):
    name = "rudder"

    def __init__(self, key="WK_rudder", is_gzip=True, size=20):
        super().__init__(key, is_gzip, size)

    def library(self):
        return rudderstack.analytics.client


class Snowplow:
    name = "snowplow"

    def __init__(self, method="post", subject=None, is_encoded=True):
        self.failed, self.done = [], set()
        self.emitter = Emitter(
            hub.address, port=None, method=method, batch_size=5 if method == "post" else 1, max_retry_delay_seconds=3,
            request_timeout=15, on_success=lambda events: self.done.update(event["eid"] for event in events))
        self.tracker = Tracker("t", self.emitter, subject or Subject(), app_id="shop", encode_base64=is_encoded)
        self.sent = set()

    def track(self, event):
        self.sent.add(self.tracker.track(event))

    def step(self, user, number):
        self.track(SelfDescribing(
            SelfDescribingJson("iglu:com.acme/step/jsonschema/1-0-0", {"n": number}),
            event_subject=Subject().set_user_id(user)))

    def end(self):
        while self.emitter.event_store.size() or self.emitter.retry_timer.is_active():
            self.emitter.flush()
            time.sleep(0.05)
        with self.emitter.lock:
            if self.sent - self.done:
                self.failed.append(f"{len(self.sent - self.done)} events were not acknowledged")


class PostHog:
    name = "posthog"

    def __init__(self, is_gzip=False):
        self.failed = []
        self.client = Posthog(
            "phc_test", host=hub.address, gzip=is_gzip, max_retries=12, flush_at=20, flush_interval=0.1,
            on_error=lambda error, batch: self.failed.append(f"{error!r} for {len(batch)} events"))

    def step(self, user, number):
        self.client.capture("step", distinct_id=user, properties={"n": number})

    def end(self):
        self.client.flush(timeout_seconds=None)
        self.client.shutdown()


class Matomo:
    """It repeats nothing by itself; its `session` is where its users say that it should."""

    name = "matomo"

    def __init__(self):
        self.failed = []
        again = urllib3.Retry(
            total=30, backoff_factor=0.2, backoff_max=3, allowed_methods=None, status_forcelist=[429, 502, 503, 504])
        session = requests.Session()
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=again))
        self.tracker = matomopy.MatomoTracker(hub.address, 1, user_agent=PERSON, session=session)
        self.tracker.set_url("https://shop.example/")

    def step(self, user, number):
        try:
            self.tracker.set_user_id(user).set_custom_dimension(1, number).track_event("shop", "step")
        except matomopy.MatomoError as error:
            self.failed.append(repr(error))

    def end(self):
        self.tracker.close()


class Plain:
    """No library: Segment's form by plain HTTP, which knows what was acknowledged, and does not send everything again."""

    name = "plain"

    def __init__(self, seed):
        self.failed, self.maybe, self.random, self.waiting = [], set(), random.Random(seed), []
        self.acknowledged = collections.deque(maxlen=20)

    def step(self, user, number):
        self.waiting.append((number, {"type": "track", "event": "step", "userId": user, "properties": {"n": number},
                                      "messageId": str(uuid.UUID(int=self.random.getrandbits(128)))}))
        if len(self.waiting) < self.random.randint(1, 8):
            return
        numbers = {number for number, _ in self.waiting}
        body = json.dumps({"batch": [event for _, event in self.waiting], "writeKey": "WK_segment"}).encode()
        self.waiting = []
        gives_up = self.random.random() < 0.3
        while True:
            try:
                if hub.send("POST", "/v1/batch", body, Content_Type="application/json")[0] == 200:
                    self.acknowledged.append(body)
                    return
            except (OSError, http.client.HTTPException):
                pass
            if gives_up:
                self.maybe |= numbers
                return
            time.sleep(0.1)

    def end(self):
        self.maybe |= {number for number, _ in self.waiting}


# What was done with each library by itself, and what has to be there of it.


class Deeds:
    """What one library was told about one user and one visitor, by name; and what is to be found."""

    def __init__(self, tag):
        self.tag, self.user, self.visitor, self.old = tag, "u-" + tag, "anon-" + tag, "old-" + tag
        self.expected = collections.defaultdict(list)

    def expect(self, kind, name, id=None, at=None, of=None, **rest):
        self.expected[of or self.user].append((kind, name, id, at or time.time(), rest))


def dig(value, path):
    for part in path.split("__"):
        value = value[int(part)] if isinstance(value, list) and part.isdigit() and int(part) < len(value) else (
            value.get(part) if isinstance(value, dict) else None)
    return value


def hold(deeds):
    """Compares a user's timeline with what the library was told."""
    for user, wanted in deeds.expected.items():
        found = hub.timeline(user)
        told = [(one["body"]["kind"], one["body"]["detail"].get("event") or one["body"]["detail"].get("name"))
                for one in found]
        same(sorted(map(repr, told)), sorted(repr((kind, name)) for kind, name, *_ in wanted), f"{deeds.tag}: {user} did")
        for kind, name, id, at, rest in wanted:
            for one, deed in zip(found, told):
                if deed == (kind, name) and (id is None or one["body"]["id"] == id):
                    break
            else:
                check(False, f"{deeds.tag}: {user}'s {kind} {name} is there under its id {id}")
                continue
            at = at.timestamp() if isinstance(at, datetime.datetime) else at
            off = moment(one["occurred_at"]).timestamp() - at
            check(abs(off) < 3, f"{deeds.tag}: {kind} {name} was when it was ({off:+.3f} s)")
            same((one["channel"], one["source"]), ("web", SITE), f"{deeds.tag}: {kind} {name} is of")
            body = {**one["body"], "amount": one["amount"]}
            for path, value in rest.items():
                same(dig(body, path), value, f"{deeds.tag}: {kind} {name}: {path}")


ORDER = {"order_id": "A-1", "total": 12.5, "currency": "EUR", "coupon": "AUTUMN10",
         "products": [{"sku": "x", "quantity": 2}], "note": "Größe — ¿qué? 👟"}
ORDERED = {"amount": {"minor": 1250, "currency": "EUR"}, "detail__touches__0__code": "AUTUMN10",
           "detail__properties__note": ORDER["note"], "detail__properties__products__0__quantity": 2}
BY_CHATGPT = {"detail__referral__medium": "ai", "detail__referral__source": "ChatGPT"}
BY_NEWS = {"detail__referral__campaign__name": "autumn", "detail__touches__0__kind": "campaign",
           "detail__touches__0__code": "autumn"}


def do_segment(deeds, make):
    """Segment's words, which RudderStack's library shares but for where it has its figures."""
    one, user, visitor = make(), deeds.user, deeds.visitor
    client = one.client
    id = lambda: str(uuid.uuid4())
    page = {"url": "https://shop.example/", "title": "Docs", "referrer": CHATGPT}
    browser = {"userAgent": PERSON, "ip": "203.0.113.9", "locale": "it-IT"}
    ids = [id() for _ in range(8)]
    client.page(None, "Docs", "Start", page, dict(browser), anonymous_id=visitor, message_id=ids[0])
    deeds.expect("page", "Start", ids[0], detail__page__url="https://shop.example/", detail__ip="203.0.113.0",
                 detail__agent__name="Firefox", **BY_CHATGPT)
    time.sleep(0.01)
    client.page(None, "Docs", "Prices", {"url": NEWS}, dict(browser), anonymous_id=visitor, message_id=ids[1])
    deeds.expect("page", "Prices", ids[1], **BY_NEWS)
    client.identify(user, {"email": f"{user}@example.it", "name": "Anna Bianchi", "plan": "pro"}, anonymous_id=visitor,
                    message_id=ids[2])
    deeds.expect("identify", None, ids[2])
    client.track(user, "Order Completed", dict(ORDER), timestamp=EARLIER, message_id=ids[3])
    deeds.expect("track", "Order Completed", ids[3], EARLIER, **ORDERED)
    client.screen(user, "App", "Home", {"dark": True}, message_id=ids[4])
    deeds.expect("screen", "Home", ids[4], detail__properties__dark=True)
    client.group(user, "acct-7", {"name": "Acme"}, message_id=ids[5])
    deeds.expect("group", None, ids[5], detail__group="acct-7")
    client.track(anonymous_id=deeds.old, event="Looked", message_id=ids[6])
    deeds.expect("track", "Looked", ids[6])
    client.alias(deeds.old, user, message_id=ids[7])
    deeds.expect("alias", None, ids[7])
    for name in "ab":
        client.track(f"{name}-{user}", "Shared", {"who": name}, anonymous_id="kiosk-" + deeds.tag)
        deeds.expect("track", "Shared", of=f"{name}-{user}", detail__properties__who=name)
    client.track("u-42", "Seen by " + deeds.tag)
    return one


def do_posthog(deeds, make):
    one, user, visitor = make(), deeds.user, deeds.visitor
    client = one.client
    browser = {"$process_person_profile": False, "$raw_user_agent": PERSON}
    pages = [{"$current_url": "https://shop.example/", "$referrer": CHATGPT}, {"$current_url": NEWS}]
    for page, rest in zip(pages, (BY_CHATGPT, BY_NEWS)):
        time.sleep(0.01)
        id = client.capture("$pageview", distinct_id=visitor, properties={**browser, **page})
        deeds.expect("page", "$pageview", id, **rest)
    id = client.alias(visitor, user)
    deeds.expect("alias", "$create_alias", id)
    id = client.capture("order completed", distinct_id=user, timestamp=EARLIER, properties={
        **ORDER, "$set": {"email": f"{user}@example.it", "name": "Anna Bianchi"}})
    deeds.expect("track", "order completed", id, EARLIER, **ORDERED)
    id = client.set(distinct_id=user, properties={"plan": "pro"})
    deeds.expect("identify", "$set", id)
    client.group_identify("company", "acct-7", {"name": "Acme"})
    for name in "ab":
        client.capture("Shared", distinct_id=f"{name}-{user}", properties={"who": name, "$device_id": "kiosk-" + deeds.tag})
        deeds.expect("track", "Shared", of=f"{name}-{user}", detail__properties__who=name)
    client.capture("Seen by " + deeds.tag, distinct_id="u-42")
    return one


def do_snowplow(deeds, make):
    subject = Subject().set_domain_user_id(deeds.visitor).set_useragent(PERSON).set_ip_address("203.0.113.9").set_lang("it-IT")
    one, user = make(subject), deeds.user
    track = lambda event: one.tracker.track(event)
    deeds.expect("page", "Prezzi €", track(PageView("https://shop.example/", "Prezzi €", CHATGPT)),
                 detail__page__url="https://shop.example/", detail__ip="203.0.113.0", **BY_CHATGPT)
    time.sleep(0.01)
    deeds.expect("page", "News", track(PageView(NEWS, "News")), **BY_NEWS)
    subject.set_user_id(user)
    id = track(SelfDescribing(
        SelfDescribingJson("iglu:com.acme/viewed_product/jsonschema/1-0-0", {"sku": "x", "note": ORDER["note"]}),
        context=[SelfDescribingJson("iglu:com.acme/tier/jsonschema/1-0-0", {"tier": "gold"})]))
    deeds.expect("track", "viewed_product", id, detail__properties__note=ORDER["note"], detail__context__tier__tier="gold")
    id = track(StructuredEvent("shop", "add", "cart", "p", 2, true_timestamp=EARLIER.timestamp() * 1000))
    deeds.expect("track", "shop add", id, EARLIER, detail__properties__label="cart")
    one.tracker.track_ecommerce_transaction("A-1", 12.5, currency="EUR", items=[{"sku": "x", "price": 6.25, "quantity": 2}])
    deeds.expect("track", "transaction", amount=ORDERED["amount"], detail__properties__order_id="A-1")
    deeds.expect("track", "transaction_item", detail__properties__sku="x")
    id = track(SelfDescribing(SelfDescribingJson(
        "iglu:com.acme/identify/jsonschema/1-0-0", {"email": f"{user}@example.it", "name": "Anna Bianchi", "plan": "pro"})))
    deeds.expect("identify", "identify", id)
    for name in "ab":
        who = Subject().set_user_id(f"{name}-{user}").set_domain_user_id("kiosk-" + deeds.tag)
        track(StructuredEvent("shop", "share", name, event_subject=who))
        deeds.expect("track", "shop share", of=f"{name}-{user}", detail__properties__label=name)
    track(StructuredEvent("Seen by", deeds.tag, event_subject=Subject().set_user_id("u-42").set_domain_user_id("42-" + deeds.tag)))
    return one


def do_matomo(deeds, make):
    one, user = make(), deeds.user
    tracker = one.tracker
    hexadecimal = lambda text: zlib.crc32(text.encode()).to_bytes(8, "big").hex()
    deeds.visitor = hexadecimal(deeds.visitor)
    tracker.set_visitor_id(deeds.visitor).set_url("https://shop.example/").set_url_referrer(CHATGPT)
    if deeds.tag.endswith("bulk"):
        tracker.enable_bulk_tracking()
    tracker.track_page_view("Start")
    deeds.expect("page", "Start", detail__page__url="https://shop.example/", detail__agent__name="Firefox", **BY_CHATGPT)
    tracker.set_url_referrer("https://shop.example/").set_url(NEWS).track_page_view("Prezzi €")
    deeds.expect("page", "Prezzi €", **BY_NEWS)
    tracker.set_url("https://shop.example/cart").set_user_id(user)
    tracker.track_event("shop", "add", "trail runner 👟", 2)
    deeds.expect("track", "shop add", detail__properties__name="trail runner 👟")
    tracker.track_ecommerce_order("A-1", 12.5, tax=2.25, items=[["x", "Shoe", "Shoes", 6.25, 2]])
    deeds.expect("track", "order", detail__properties__total="12.5", detail__properties__order_id="A-1")
    tracker.track_site_search("scarpe")
    deeds.expect("track", "search", detail__properties__query="scarpe")
    tracker.track_goal(3, 5)
    deeds.expect("track", "goal 3")
    tracker.track_action("https://shop.example/manual.pdf", "download")
    deeds.expect("track", "download")
    tracker.set_custom_timestamp(int(EARLIER.timestamp())).track_page_view("Earlier")
    deeds.expect("page", "Earlier", at=EARLIER)
    tracker.custom_timestamp = None
    for name in "ab":
        tracker.set_user_id(f"{name}-{user}").set_visitor_id(hexadecimal("kiosk-" + deeds.tag))
        tracker.track_event("shop", "share", name)
        deeds.expect("track", "shop share", of=f"{name}-{user}", detail__properties__name=name)
    tracker.visitor_id = None
    tracker.set_user_id("u-42").track_event("Seen by", deeds.tag)
    if deeds.tag.endswith("bulk"):
        same(tracker.flush(), {"status": "success", "tracked": 11, "invalid": 0}, "matomo: the answer to a bulk request")
    return one


ALONE = [
    ("segment-plain", do_segment, lambda: Segment()),
    ("segment-gzip", do_segment, lambda: Segment(is_gzip=True)),
    ("rudder-plain", do_segment, lambda: Rudder(is_gzip=False)),
    ("rudder-gzip", do_segment, lambda: Rudder()),
    ("posthog-plain", do_posthog, lambda: PostHog()),
    ("posthog-gzip", do_posthog, lambda: PostHog(is_gzip=True)),
    ("snowplow-post", do_snowplow, lambda subject: Snowplow("post", subject)),
    ("snowplow-post-json", do_snowplow, lambda subject: Snowplow("post", subject, is_encoded=False)),
    ("snowplow-get", do_snowplow, lambda subject: Snowplow("get", subject)),
    ("matomo-single", do_matomo, lambda: Matomo()),
    ("matomo-bulk", do_matomo, lambda: Matomo()),
]


def alone():
    """Each library by itself."""
    everybody = []
    for tag, do, make in ALONE:
        deeds = Deeds(tag)
        one = do(deeds, make)
        one.end()
        same(one.failed, [], f"{tag}: the library reports no error")
        everybody.append(deeds)
    for deeds in everybody:
        hold(deeds)
        profile, tag = hub.profile(deeds.user), deeds.tag
        if profile is None:
            continue
        if "matomo" not in tag:
            shown = {one["kind"]: (one["value"], one["assurance"]) for one in profile["identifiers"]}
            same(shown.get("email"), (f"{deeds.user}@example.it", "claimed"), f"{tag}: an address from a page is")
            same(profile["traits"].get("plan"), "pro", f"{tag}: the trait of identify is")
        users = [one["value"] for one in profile["identifiers"] if one["kind"] == "user_id"]
        same(users, [deeds.user], f"{tag}: the user's names")
        visitor = hub.profile(deeds.visitor, "cookie")
        same(visitor and visitor["id"], profile["id"], f"{tag}: the visitor of before is the user")
        if "segment" in tag or "rudder" in tag:
            old = hub.profile(deeds.old, "cookie")
            same(old and old["id"], profile["id"], f"{tag}: whom alias names is the user")
        two = [hub.profile(f"{name}-{deeds.user}") for name in "ab"]
        check(None not in two and two[0]["id"] != two[1]["id"], f"{tag}: two users of one browser are two")
        visits = hub.ask(f"/v1/profiles/{profile['id']}/visits?limit=50")["visits"]
        same(len(visits), 2, f"{tag}: visits")
        visit = visits[0] if visits else {}
        same((visit.get("pages"), visit.get("entry")), (3 if "segment" in tag or "rudder" in tag else 2, "https://shop.example/"),
             f"{tag}: the latest visit's pages and where it began")
        same(dig(visit, "referral__medium"), "ai", f"{tag}: the latest visit came by")
    seen = [one["body"]["detail"]["event"] for one in hub.timeline("u-42")]
    same(sorted(seen), sorted("Seen by " + tag for tag, *_ in ALONE), "all of u-42's, from every library, is his")
    # Under a key that stands in no page the company's own word counts.
    one = Segment(hub.connector)
    one.client.identify("u-77", {"email": "u77@example.it", "phone": "+393331234567"})
    one.end()
    shown = {one["kind"]: one["assurance"] for one in (hub.profile("u-77") or {"identifiers": []})["identifiers"]}
    same(shown, {"user_id": "presented", "email": "presented", "phone": "presented"}, "under a connector's key")
    return sum(len(some) for deeds in everybody for some in deeds.expected.values()) + len(ALONE) + 1


# Streams, while the hub goes and comes.


class Stream(threading.Thread):
    """One library that is told one thing after the other until it is told to end."""

    def __init__(self, sender, tag, seed, pause):
        super().__init__(daemon=True)
        self.sender, self.tag, self.pause, self.random = sender, f"{tag}-{sender.name}", pause, random.Random(seed)
        self.sent, self.ends, self.error = collections.defaultdict(list), threading.Event(), None

    def run(self):
        try:
            number = 0
            while not self.ends.is_set():
                user = f"{self.tag}-{self.random.randrange(3)}"
                number += 1
                self.sent[user].append(number)
                self.sender.step(user, number)
                time.sleep(self.random.random() * 2 * self.pause)
            self.sender.end()
        except Exception:
            self.error = traceback.format_exc()

    def hold(self):
        """Compares what is there with what was sent; returns how much that is."""
        self.join(150)
        check(not self.is_alive(), f"{self.tag}: the library comes to an end")
        check(self.error is None, f"{self.tag}: {self.error}")
        same(self.sender.failed, [], f"{self.tag}: the library reports no error")
        maybe, count = getattr(self.sender, "maybe", set()), 0
        for user, numbers in self.sent.items():
            found = collections.Counter(self.number(one) for one in hub.timeline(user))
            twice = sorted(number for number, times in found.items() if times > 1)
            lost = sorted(set(numbers) - set(found) - maybe)
            same(twice, [], f"{self.tag}: {user}: of {len(numbers)} stored twice")
            same(lost, [], f"{self.tag}: {user}: of {len(numbers)} lost")
            same(sorted(set(found) - set(numbers), key=str), [], f"{self.tag}: {user}: never sent")
            count += sum(found.values())
        return count

    @staticmethod
    def number(one):
        properties = one["body"]["detail"].get("properties", {})
        return int(properties.get("n", properties.get("dimension1", -1)))


def streams(tag, seed, pause):
    senders = [Segment(is_gzip=True), Rudder(), Snowplow(), PostHog(is_gzip=True), Matomo(), Plain(seed)]
    started = [Stream(sender, tag, seed * 100 + place, pause) for place, sender in enumerate(senders)]
    for stream in started:
        stream.start()
    return started


def finish(started, before, what):
    for stream in started:
        stream.ends.set()
    count = sum(stream.hold() for stream in started)
    same(hub.stored() - before, count, f"{what}: stored in all")
    return count


def stopped():
    """The hub is stopped in order and started again, twice."""
    before = hub.stored()
    started = streams("stop", options.seed, 0.02)
    for _ in range(2):
        time.sleep(1.5)
        hub.stop()
        time.sleep(0.5)
        hub.start()
    time.sleep(1)
    return finish(started, before, "stopped in order")


def waited():
    """What libraries keep while the hub is away comes in requests as large as they make them."""
    before, words = hub.stored(), "".join(random.Random(options.seed).choices("abcdefgh ", k=50_000))
    hub.stop()
    snowplow, rudder, posthog = Snowplow(), Rudder(is_gzip=False, size=100), PostHog()
    for number in range(3_000):
        snowplow.step("wait-snowplow", number)
    for number in range(100):
        rudder.client.track("wait-rudder", "step", {"n": number, "words": words})
        posthog.client.capture("step", distinct_id="wait-posthog", properties={"n": number, "words": words})
    hub.start()
    for one in (snowplow, rudder, posthog):
        ending = threading.Thread(target=one.end, daemon=True)
        ending.start()
        ending.join(30)
        check(not ending.is_alive(), f"waited: {one.name} comes to an end")
        same(one.failed, [], f"waited: {one.name} reports no error")
    for user, count in (("wait-snowplow", 3_000), ("wait-rudder", 100), ("wait-posthog", 100)):
        found = collections.Counter(Stream.number(one) for one in hub.timeline(user))
        same((len(found), sum(found.values())), (count, count), f"waited: {user}: stored, each once")
    return hub.stored() - before


def killed():
    """The hub is killed, at moments nobody has chosen."""
    before, chance = hub.stored(), random.Random(options.seed)
    started = streams("kill", options.seed + 1, 0.01)
    for _ in range(options.kills):
        time.sleep(0.2 + chance.random() * 2)
        hub.kill()
        hub.start()
    time.sleep(1)
    count = finish(started, before, f"killed {options.kills} times")
    # An answer may be lost although all is stored: then the same comes again.
    for body in started[-1].sender.acknowledged:
        same(post("/v1/batch", body)[0], 200, "what was acknowledged comes again")
    same(hub.stored() - before, count, "what comes again is stored once")
    return count


# What has no library here, and what goes wrong.

JSON, FORM, TEXT = "application/json", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8"


def basic(key):
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def post(path, body, kind=JSON, **fields):
    body = body if isinstance(body, bytes) else (json.dumps(body) if isinstance(body, (dict, list)) else body).encode()
    return hub.send("POST", path, body, **{"Content_Type": kind, **fields})


def strangers():
    """A key that nobody has: answered as taken, kept as a refusal, stored nowhere."""
    before, kept = hub.stored(), hub.refused("source_unknown")
    one = Segment("WK_wrong")
    for number in range(3):
        one.client.track("u-lost", "lost", {"n": number})
    one.end()
    same(one.failed, [], "an unknown write key is no error for the library")
    requests_sent = 1
    for path, body, fields in [
        ("/v1/track", {"userId": "u-lost", "event": "lost"}, {"Authorization": basic("WK_other")}),
        ("/v1/batch", {"batch": [{"type": "track", "userId": "u-lost", "event": "lost"}]}, {}),
        ("/batch/", {"api_key": "phc_other", "batch": [{"event": "lost", "distinct_id": "u-lost"}]}, {}),
        ("/matomo.php", "idsite=99&rec=1&uid=u-lost&action_name=lost", {"kind": FORM}),
        ("/com.snowplowanalytics.snowplow/tp2", {"data": [{"e": "pv", "aid": "other", "uid": "u-lost"}]}, {}),
        ("/api/event", {"name": "lost", "domain": "other.example", "url": "https://other.example/"}, {}),
    ]:
        status, _, answer = post(path, body, **fields)
        check(status in (200, 202), f"a stranger's request to {path} is answered as taken ({status} {answer!r})")
        requests_sent += 1
    same(hub.refused("source_unknown") - kept, requests_sent, "what belongs to nobody is kept as refusals")
    same(hub.stored() - before, 0, "what belongs to nobody is stored nowhere: interactions")
    same(hub.profile("u-lost"), None, "what belongs to nobody makes nobody")


def plain():
    """The requests of browsers and of other libraries, as their makers document them."""
    before, hits = hub.stored(), hub.hits()
    did = collections.Counter()

    def sent(answer, status, user=None, count=1, what=""):
        same(answer[0], status, f"{what}: status")
        if user:
            did[user] += count

    # Segment: one event a request, short paths, a pixel, a coded body, a key in the body.
    track = {"userId": "p-segment", "event": "Plain", "messageId": "m-1"}
    for path in ("/v1/track", "/v1/t", "/v1/track/"):
        sent(post(path, {**track, "messageId": "m" + path}, Authorization=basic("WK_segment")), 200, "p-segment", what=path)
    sent(post("/v1/track", {**track, "messageId": "m/v1/t"}, Authorization=basic("WK_segment")), 200, what="again")
    sent(post("/v1/t", {**track, "messageId": "m-2", "writeKey": "WK_segment"}, TEXT), 200, "p-segment", what="key in the body")
    sent(post("/v1/import", {"batch": [{**track, "type": "track", "messageId": "m-3"}]}, Authorization=basic("WK_segment")),
         200, "p-segment", what="/v1/import")
    body = json.dumps({"batch": [{**track, "type": "track", "messageId": "m-4"}], "writeKey": "WK_segment"}).encode()
    sent(post("/v1/b", zlib.compress(body), Content_Encoding="deflate"), 200, "p-segment", what="deflate")
    sent(post("/v1/b", gzip.compress(body.replace(b"m-4", b"m-5"))), 200, "p-segment", what="gzip without saying so")
    sent(post("/beacon/v1/batch?writeKey=WK_rudder", body.replace(b"m-4", b"m-6").replace(b"WK_segment", b""), TEXT), 200,
         "p-segment", what="a beacon")
    data = base64.b64encode(json.dumps({**track, "messageId": "m-7", "writeKey": "WK_segment"}).encode()).decode()
    answer = hub.send("GET", "/v1/pixel/track?data=" + urllib.parse.quote(data))
    sent(answer, 200, "p-segment", what="a pixel")
    check(answer[2].startswith(b"GIF89a"), "a pixel is a picture")
    # One broken event does not cost the others.
    kept = hub.stats()["refused"]
    mixed = [{**track, "type": "track", "messageId": "m-8"}, {"type": "track", "event": "nobody's"}, {"type": "dance"}, 7]
    sent(post("/v1/batch", {"batch": mixed, "writeKey": "WK_segment"}), 200, "p-segment", what="a batch with broken events")
    sent(post("/v1/batch", b"\x1f\x8b broken", Content_Encoding="gzip", Authorization=basic("WK_segment")), 200,
         what="broken gzip")
    sent(post("/v1/batch", b"{", Authorization=basic("WK_segment")), 200, what="broken JSON")
    now = hub.stats()["refused"]
    same(sum(now.values()) - sum(kept.values()), 5, "broken events and bodies are kept, each with its reason")
    # What is wrong beside what says who it is costs no event.
    for number, odd in enumerate([
        {"userId": "p-odd", "traits": {"email": "not an address", "phone": "n/a", "birthday": "31/12/80"}},
        {"userId": " ", "anonymousId": "anon-odd"}, {"userId": "undefined", "anonymousId": "anon-odd"},
        {"userId": "u" * 3000, "anonymousId": "anon-odd"}, {"userId": 7, "anonymousId": "anon-seven"},
    ]):
        event = {"type": "identify", "messageId": f"odd-{number}", "timestamp": "yesterday", **odd}
        answer = post("/v1/batch", {"batch": [event], "writeKey": "WK_segment"})
        sent(answer, 200, {0: "p-odd", 4: "7"}.get(number), what=f"odd {odd}")
    found = hub.timeline("anon-odd", "cookie")
    same(len(found), 3, "a visitor whose user id is none is the visitor")
    left_out = [one["body"]["detail"]["left_out"] for one in found if one["body"]["id"] == "odd-3"]
    same(left_out, [["user_id"]], "what is no user id, it says so")
    # A placeholder, as the telephone, is nothing that was left out.
    left_out = [one["body"]["detail"]["left_out"] for one in hub.timeline("p-odd")]
    same(left_out, [["email", "birth_date"]], "what is no address and what no day, it says so")
    same(len(hub.profile("7")["identifiers"]), 2, "a number names a user as well")
    others = 3
    # PostHog: one event, its older form, a list by itself, what asks for settings.
    one = {"event": "Plain", "distinct_id": "p-posthog", "api_key": "phc_test", "uuid": str(uuid.uuid4())}
    sent(post("/capture/", one), 200, "p-posthog", what="/capture/")
    sent(post("/capture/", one), 200, what="/capture/ again")
    old = base64.b64encode(json.dumps({**one, "uuid": str(uuid.uuid4())}).encode()).decode()
    sent(post("/e/", "data=" + urllib.parse.quote(old), FORM), 200, "p-posthog", what="/e/ with a form")
    body = {"api_key": "phc_test", "batch": [{**one, "uuid": str(uuid.uuid4())} for _ in range(3)]}
    sent(post("/batch/", body), 200, "p-posthog", 3, "/batch/")
    sent(post("/i/v0/e/", {**one, "uuid": str(uuid.uuid4())}), 200, "p-posthog", what="/i/v0/e/")
    for way in ("/i/v0/ai/batch/", "/i/v1/analytics/events"):
        sent(post(way, {"api_key": "phc_test", "batch": [{**one, "uuid": str(uuid.uuid4())}]}), 200, "p-posthog", what=way)
    status, _, answer = post("/flags/?v=2", {"api_key": "phc_test", "distinct_id": "p-posthog"})
    same((status, json.loads(answer)["featureFlags"]), (200, {}), "/flags/")
    # Snowplow, both ways.
    query = {"e": "pv", "aid": "shop", "uid": "p-snowplow", "url": "https://shop.example/a b", "page": "Plain", "p": "web",
             "tv": "js-4.6.0", "eid": str(uuid.uuid4()), "dtm": str(int(time.time() * 1000))}
    path = "/i?" + urllib.parse.urlencode(query)
    sent(hub.send("GET", path, User_Agent=PERSON), 200, "p-snowplow", what="/i")
    sent(hub.send("GET", path, User_Agent=PERSON), 200, what="/i again")
    body = {"schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
            "data": [{**query, "eid": str(uuid.uuid4())} for _ in range(2)]}
    sent(post("/com.snowplowanalytics.snowplow/tp2", body, User_Agent=PERSON), 200, "p-snowplow", 2, "tp2")
    # Matomo: a picture, none, a form, many at once.
    query = {"idsite": 1, "rec": 1, "uid": "p-matomo", "url": "https://shop.example/", "action_name": "Plain"}
    chance = random.Random(options.seed)
    path = lambda **more: "/matomo.php?" + urllib.parse.urlencode({**query, "rand": chance.getrandbits(31), **more})
    answer = hub.send("GET", path(), User_Agent=PERSON)
    sent(answer, 200, "p-matomo", what="matomo.php")
    check(answer[2].startswith(b"GIF89a"), "matomo.php answers with a picture")
    sent(hub.send("GET", path(send_image=0), User_Agent=PERSON), 204, "p-matomo", what="matomo.php without a picture")
    order = path(idgoal=0, ec_id="A-1", revenue="12.50", ec_currency="EUR")
    sent(post("/piwik.php", order.split("?")[1], FORM, User_Agent=PERSON), 200, "p-matomo", what="piwik.php with a form")
    bulk = {"requests": [path().split("matomo.php")[1] for _ in range(3)]}
    answer = post("/matomo.php", bulk, User_Agent=PERSON)
    sent(answer, 200, "p-matomo", 3, "many at once")
    same(json.loads(answer[2]), {"status": "success", "tracked": 3, "invalid": 0}, "many at once")
    # Without what tells two visits from one that is sent twice, each that comes is one.
    bare = "/matomo.php?" + urllib.parse.urlencode(query)
    for _ in range(2):
        sent(hub.send("GET", bare, User_Agent=PERSON), 200, "p-matomo", what="matomo.php of another visit")
    sent(post("/matomo.php", {"requests": [bare.split("matomo.php")[1]] * 2}, User_Agent=PERSON), 200, "p-matomo", 2,
         "many at once that are alike")
    kept = hub.refused("malformed_json")
    hub.send("GET", bare.replace("rec=1", "rec=0"), User_Agent=PERSON)
    same(hub.refused("malformed_json") - kept, 1, "what says that it is not to be recorded is refused")
    # Plausible knows nobody, unless it is told.
    event = {"name": "pageview", "domain": "shop.example", "url": "https://shop.example/"}
    for agent, address in ((PERSON, "203.0.113.9"), (PERSON, "203.0.113.9"), (PERSON, "198.51.100.7"),
                           (PERSON.replace("145", "144"), "203.0.113.9")):
        sent(post("/api/event", event, User_Agent=agent, X_Forwarded_For=address), 202, what="/api/event")
    sent(post("/api/event", {**event, "name": "Signup", "props": {"user_id": "p-plausible"}}, TEXT, User_Agent=PERSON), 202,
         "p-plausible", what="/api/event with a user")
    sent(post("/api/event", {**event, "url": "https://shop.example/b"}, User_Agent="Mozilla/5.0 (compatible; GPTBot/1.3; "
              "+https://openai.com/gptbot)"), 202, what="/api/event of a machine")
    sent(hub.send("GET", path(uid="", cid="0123456789abcdef"), User_Agent="Mozilla/5.0 (compatible; Googlebot/2.1; "
                  "+http://www.google.com/bot.html)"), 200, what="matomo.php of a machine")
    refuses = {"User_Agent": PERSON, "Sec_GPC": "1"}
    sent(post("/v1/p", {"anonymousId": "anon-gpc", "name": "Plain", "messageId": "gpc"}, Authorization=basic("WK_segment"),
              **refuses), 200, what="a visitor who refuses")
    same(hub.profile("anon-gpc", "cookie"), None, "who refuses is not recognised")
    for user, count in did.items():
        same(len(hub.timeline(user)), count, f"plain: {user} did")
    amounts = [one["amount"] for one in hub.timeline("p-matomo")]
    check({"minor": 1250, "currency": "EUR"} in amounts, f"matomo's order is worth 12.50 EUR ({amounts})")
    same(hub.stored() - before, sum(did.values()) + others, "plain: stored in all")
    now = hub.hits()
    same({kind: now[kind] - hits[kind] for kind in now if now[kind] != hits[kind]},
         {"unrecognised": 5, "ai_crawler": 1, "bot": 1}, "what is nobody's, counted")
    told = collections.Counter()
    for one in hub.ask("/v1/hits")["hits"]:
        told[one["kind"]] += one["count"]
    same(dict(told), dict(now), "the same over HTTP")
    return sum(did.values()) + others + 7


def browsers():
    """Pages of another host: the question before (CORS), and what is sent without one."""
    origin = "https://shop.example"
    for path in ("/v1/batch", "/matomo.php", "/com.snowplowanalytics.snowplow/tp2", "/batch/", "/api/event"):
        status, head, _ = hub.send("OPTIONS", path, Origin=origin, Access_Control_Request_Method="POST",
                                   Access_Control_Request_Headers="authorization,content-type")
        check(status in (200, 204), f"{path} answers the question before ({status})")
        check(head["Access-Control-Allow-Origin"] in ("*", origin), f"{path}: it may come from {origin}")
        check("POST" in (head["Access-Control-Allow-Methods"] or ""), f"{path}: it may be POSTed")
        allowed = (head["Access-Control-Allow-Headers"] or "").lower()
        check("authorization" in allowed and "content-type" in allowed, f"{path}: with these fields ({allowed})")
    event = {"anonymousId": "anon-cors", "name": "Plain", "messageId": "cors", "writeKey": "WK_segment"}
    status, head, _ = post("/v1/page", event, TEXT, Origin=origin, User_Agent=PERSON)
    same((status, head["Access-Control-Allow-Origin"]), (200, origin), "a page's own POST, as text, is taken")
    same(len(hub.timeline("anon-cors", "cookie")), 1, "and stored")
    whole, alone = [hub.send(method, "/contatto.js") for method in ("GET", "HEAD")]
    size = len(whole[2])
    same([(status, head["Content-Length"], len(body)) for status, head, body in (whole, alone)],
         [(200, str(size), size), (200, str(size), 0)], "the hub's own tracker, and its head alone")
    status, head, _ = hub.send("OPTIONS", "/v1/changes", Origin=origin, Access_Control_Request_Method="GET")
    check(head["Access-Control-Allow-Origin"] is None, "what needs a key of the hub is for no page")
    return 1


def told():
    """The feed of changes has each interaction once, too."""
    after, count = "oldest", collections.Counter()
    while True:
        page = hub.ask(f"/v1/changes?types=interaction.recorded&limit=1000&after={after}")
        count.update(event["data"]["interaction"] for event in page["changes"])
        if after == page["next"] or not page["changes"]:
            break
        after = page["next"]
    same(len(count), hub.stored(), "the feed tells of every interaction")
    same([id for id, times in count.items() if times > 1], [], "the feed tells twice of")


begun = time.monotonic()
hub = Hub()
try:
    hub.start()
    run("source", "add", "web", "--name", SITE, "--set", "write_keys=WK_segment,WK_rudder", "--set", "matomo_sites=1", "--set",
        "snowplow_apps=shop", "--set", "posthog_keys=phc_test", "--set", "plausible_domains=shop.example", "--set",
        "hosts=shop.example")
    hub.key = run("key", "create", "--role", "admin")
    hub.connector = run("key", "create", "--role", "connector", "--source", SITE)
    events = 0
    for scene in (alone, strangers, plain, browsers, stopped, waited, killed, told):
        began = time.monotonic()
        count = scene() or 0
        events += count
        print(f"trackers: {scene.__name__}: {count} events, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
finally:
    if hub.process and hub.process.poll() is None:
        hub.process.terminate()
        hub.process.wait(60)
if failures:
    print(f"trackers: {len(failures)} of {checks} checks did not hold", file=sys.stderr, flush=True)
else:
    took = time.monotonic() - begun
    print(f"trackers: {events} events of 5 libraries, {checks} checks held, {options.kills} kills, {took:.0f} s", flush=True)
# A library that goes on trying would hold up the end.
os._exit(1 if failures else 0)
