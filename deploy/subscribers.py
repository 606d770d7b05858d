"""Whether what the hub tells is what strangers' libraries understand: signatures by standardwebhooks and svix, events by
cloudevents and by the schemas; and whether the README's subscriber keeps a right copy through merges, splits and erasures.

Called by deploy/subscribers with the command `contatto` and the project's folder."""
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import jsonschema
import referencing
import standardwebhooks
import svix.webhooks
from cloudevents.core.bindings.http import HTTPMessage, from_http
from cloudevents.core.formats.json import JSONFormat

CONTATTO, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
checks = 0


def check(is_so, what):
    global checks
    checks += 1
    if not is_so:
        sys.exit("subscribers: not so: " + what)


def run(*arguments):
    return subprocess.run([CONTATTO, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def eventually(what, is_so):
    deadline = time.monotonic() + 120
    while not is_so():
        if time.monotonic() > deadline:
            sys.exit("subscribers: never: " + what)
        time.sleep(0.05)


def receive(received):
    """A receiver of webhooks that keeps what it gets; returns its address."""

    class Receiver(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/changes"


serving = subprocess.Popen([CONTATTO, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
try:
    hub = next(line.split()[1] for line in serving.stdout if line.startswith("listening "))
    key = run("key", "create", "--role", "admin")
    run("source", "add", "interactions", "--name", "desk", "--set", "channel=store")

    def ask(method, path, body=None, kind="application/json", accept="application/json"):
        request = urllib.request.Request(
            hub + path, method=method, data=None if body is None else body.encode(),
            headers={"Authorization": "Bearer " + key, "Content-Type": kind, "Accept": accept})
        try:
            with urllib.request.urlopen(request) as answer:
                return dict(answer.headers.items()), answer.read()
        except urllib.error.HTTPError as error:
            sys.exit(f"subscribers: {method} {path} {body}: {error.code} {error.read().decode()}")

    def show(number, *emails):
        text = json.dumps({"id": str(number), "source": "desk", "identifiers": [
            {"kind": "email", "value": email, "assurance": "verified"} for email in emails],
            "attributes": {"name": "Anna Bianchi"}, "traits": {"language": "it"}})
        return json.loads(ask("POST", "/v1/interactions", text)[1])["items"][0]["profile"]

    # The README's subscriber, from the README, on a copy of its own.
    text = (ROOT / "README.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.S).group(1)
    check(len(code.strip().splitlines()) <= 30, "the README's subscriber has 30 lines or fewer")
    for number in range(20):
        show(number, f"p{number}@example.it")
    os.environ.update(HUB=hub, KEY=run("key", "create", "--role", "subscriber"))
    copy = {}

    def subscribe():
        try:
            exec(compile(code, "README", "exec"), copy)
        except (urllib.error.URLError, ConnectionError):
            if serving.poll() is None and not is_over:
                raise

    is_over = []
    threading.Thread(target=subscribe, daemon=True).start()

    thin, full = [], []
    secrets = {
        "thin": run("subscription", "add", "webhook", "--name", "thin", "--set", "url=" + receive(thin), "--after", "oldest"),
        "full": run("subscription", "add", "webhook", "--name", "full", "--set", "url=" + receive(full), "--set",
                    "payload=full", "--after", "oldest"),
    }
    a, b = show("a", "a@example.it"), show("b", "b@example.it")
    show("ab", "a@example.it", "b@example.it")
    decision = json.loads(ask("POST", "/v1/decisions", json.dumps(
        {"kind": "not_same", "profiles": [a, b], "why": "two sisters"}))[1])["decision"]
    ask("DELETE", "/v1/decisions/" + decision)
    ask("POST", "/v1/decisions", json.dumps(
        {"kind": "shared", "identifier": {"kind": "email", "value": "b@example.it"}, "why": "the family's"}))
    about = "/v1/profiles/" + a
    for said in ({"state": "granted", "basis": "consent"}, {"state": "withdrawn"}):
        ask("POST", about + "/consents", json.dumps({"purpose": "marketing", "channel": "email", **said}))
    memory = json.loads(ask("POST", about + "/memories", json.dumps({"kind": "prefers", "text": "white"}))[1])["memory"]["id"]
    ask("POST", f"/v1/memories/{memory}/close", json.dumps({"as": "done", "why": "bought"}))
    ask("POST", "/v1/erasures", json.dumps({"ids": [show("gone", "p7@example.it")]}))
    rotated = run("subscription", "rotate", "thin")
    for number in range(20, 30):
        show(number, f"p{number - 10}@example.it", f"p{number - 9}@example.it")

    end = json.loads(ask("GET", "/v1/changes?after=now")[1])["end"]
    last = int(end.split(".")[1])
    for name in ("thin", "full"):
        eventually(f"{name} is told of everything", lambda: all(
            one["progress"]["behind"] == 0 and one["progress"]["waiting"] == 0
            for one in json.loads(ask("GET", "/v1/subscriptions")[1])["subscriptions"]))

    schemas = {}
    for path in (ROOT / "schema" / "events").glob("*.json"):
        schemas[path.stem] = jsonschema.Draft202012Validator(
            json.loads(path.read_text()), format_checker=jsonschema.FormatChecker())
    types = set()
    for received, keys in ((thin, [secrets["thin"], rotated]), (full, [secrets["full"]])):
        check(len(received) > 60, "there is something to look at")
        for headers, body in received:
            verified = 0
            for secret in keys:
                for library in (standardwebhooks.Webhook, svix.webhooks.Webhook):
                    try:
                        library(secret).verify(body, headers)
                        verified += 1
                    except (standardwebhooks.WebhookVerificationError, svix.webhooks.WebhookVerificationError):
                        pass
                    try:
                        library(secret).verify(body + b" ", headers)
                        sys.exit("subscribers: a changed body was believed")
                    except (standardwebhooks.WebhookVerificationError, svix.webhooks.WebhookVerificationError):
                        pass
            # One of two secrets before the rotation and both after it.
            check(verified in (2, 2 * len(keys)), f"both libraries believe it ({verified})")
            event = from_http(HTTPMessage(headers=headers, body=body), JSONFormat())
            check(event.get_id() == headers["webhook-id"], "the event's id is the delivery's")
            schemas[event.get_type()].validate(json.loads(body))
            types.add(event.get_type())
    check(types == set(schemas), f"every type was told, and has a schema: {types ^ set(schemas)}")
    twice = {headers["webhook-id"] for headers, _ in thin}
    whole = json.loads(ask("GET", "/v1/changes?limit=5000")[1])["changes"]
    check(twice >= {event["id"] for event in whole}, "the webhook was told of every change")
    for event in whole:
        schemas[event["type"]].validate(event)
    try:
        schemas["profile.merged"].validate({**whole[0], "type": "profile.merged", "data": {}})
        sys.exit("subscribers: the schemas refuse nothing")
    except jsonschema.ValidationError:
        pass
    headers, body = ask("GET", "/v1/changes?limit=50", accept="application/cloudevents-batch+json")
    check(40 < len(json.loads(body)) <= 50, "a batch of CloudEvents is an array, less what was erased")
    check(JSONFormat().read(None, json.dumps(json.loads(body)[0]).encode()).get_specversion() == "1.0", "of CloudEvents")

    def truth():
        return {one["id"]: one for one in json.loads(ask("GET", "/v1/profiles?snapshot&limit=1000")[1])["profiles"]}

    eventually("the README's subscriber has come so far", lambda: int(copy["cursor"].split(".")[1]) >= last)
    check(copy["profiles"] == truth(), "the README's subscriber has a right copy")
    check(len(truth()) > 5 and any(one["absorbed"] for one in truth().values()), "of something worth copying")
    is_over.append(True)
    print(f"subscribers: {len(thin)} and {len(full)} webhooks, {len(types)} types, {checks} checks held")
finally:
    serving.terminate()
    serving.wait(60)
