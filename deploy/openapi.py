"""Whether the hub answers as its document of OpenAPI says: everything that schemathesis can think of, for the keys of each
role; and whether what belongs to another workspace is answered exactly as what was never there.

Called by deploy/openapi with the command `contatto`. `--document FOLDER` takes the document from a folder of parts, `--seed`
chooses what is tried, `--only ROLE,…`, `--operations NAME,…` and `--long` how much of it."""
import argparse
import collections
import concurrent.futures
import copy
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

import yaml

from openapi_world import ROLES, Hub, World, examples, mail, mailgun, receive

arguments = argparse.ArgumentParser(usage="deploy/openapi FOLDER [--document FOLDER] [--seed N] [--only ROLE,…] [--operations NAME,…] [--long]")
arguments.add_argument("contatto")
arguments.add_argument("--scratch", type=pathlib.Path, required=True)
arguments.add_argument("--document", type=pathlib.Path)
arguments.add_argument("--seed", type=int, default=1)
arguments.add_argument("--only", default=",".join(ROLES))
arguments.add_argument("--operations", default="")
arguments.add_argument("--long", action="store_true")
options = arguments.parse_args()
METHODS = ["get", "put", "post", "delete", "patch"]
checks, failures, preparing = collections.Counter(), [], threading.Lock()


def check(kind, is_so, what):
    checks[kind] += 1
    if not is_so:
        failures.append(what)
        print("openapi: not so: " + what, file=sys.stderr, flush=True)


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method], item


def resolved(document, part):
    while "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def prepared(document, world, role):
    """With examples of what there is for a role, and without what goes on for ever."""
    document = copy.deepcopy(document)
    known = examples(world, role)
    for path, method, operation, item in list(operations(document)):
        of = known.get(operation["operationId"], {})
        shared = [resolved(document, one) for one in item.get("parameters", [])]
        own = [copy.deepcopy(one) for one in shared + [resolved(document, one) for one in operation.get("parameters", [])]]
        for one in own:
            if one["name"] in of:
                one.pop("example", None)
                one["examples"] = {f"e{place}": {"value": value} for place, value in enumerate(of[one["name"]])}
        # A page that is waited for, and a stream, are looked at by hand.
        operation["parameters"] = [one for one in own if one["name"] not in ("wait", "Last-Event-ID")]
        if operation["operationId"] == "getChanges":
            del operation["responses"]["200"]["content"]["text/event-stream"]
        if "requestBody" in operation:
            operation["requestBody"] = copy.deepcopy(resolved(document, operation["requestBody"]))
            for kind, content in operation["requestBody"]["content"].items():
                values = of.get(kind, of.get("") if kind != "application/x-ndjson" else None)
                if values:
                    content.pop("example", None)
                    content["examples"] = {f"e{place}": {"value": value} for place, value in enumerate(values)}
    document["paths"] = {
        path: {name: part for name, part in item.items() if name != "parameters"} for path, item in document["paths"].items()}
    document["servers"] = [{"url": "/"}]
    return document


# What a schema cannot say: a value that is well-formed may be nobody's, gone, or against a rule.
UNUSABLE = {
    "postInteractions": [400, 422], "postMessage": [422], "postMailgun": [400, 406], "postMailgunMime": [400, 406],
    "getProfileByIdentifier": [400], "getProfile": [410], "getInteractions": [400, 410], "getVisits": [410], "explainProfile": [410],
    "postDecision": [400], "getChanges": [400, 410], "getSnapshot": [410], "putRules": [400], "previewRules": [400],
    "getPeople": [410], "getSegmentTraits": [400], "getSegmentExternalIds": [400], "getSegmentEvents": [400],
    "getSegmentMetadata": [400], "getSegmentLinks": [400],
    "getConsents": [410], "postConsent": [400, 410], "getMemories": [400, 410], "postMemory": [400, 410, 422], "closeMemory": [400],
    "postPreferences": [400, 410],
    "postSubscription": [400], "patchSubscription": [400], "testSubscription": [400], "rotateSecret": [400],
    "replaySubscription": [400],
}


def settings(mine, folder):
    """What schemathesis is told of some operations, as TOML."""
    lines = ["[checks]", "enabled = true", "[phases.examples]", "fill-missing = true"]
    lines += ["[checks.negative_data_rejection]", "expected-statuses = " + json.dumps([
        "400", "401", "403", "404", "405", "406", "409", "410", "412", "413", "415", "422", "429"])]
    for name in mine:
        allowed = ["2xx", "401", "403", "404", "409", "412", *map(str, UNUSABLE.get(name, []))]
        lines += ["[[operations]]", f'include-operation-id = "{name}"', "[operations.checks.positive_data_acceptance]",
                  f"expected-statuses = {json.dumps(allowed)}"]
    path = folder / "schemathesis.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def explore(world, role, document, hub):
    """Lets schemathesis try all that the role may do; what it said where something is not so."""
    folder = options.scratch / role
    folder.mkdir()
    with preparing:
        (folder / "openapi.yaml").write_text(yaml.safe_dump(prepared(document, world, role), sort_keys=False))
    wanted = options.operations.split(",") if options.operations else None
    mine = [operation["operationId"] for _, _, operation, _ in operations(document)
            if role in operation["x-roles"] and (wanted is None or operation["operationId"] in wanted)]
    if not mine:
        return collections.Counter()
    words = [
        "schemathesis", "--config-file", str(settings(mine, folder)), "run", str(folder / "openapi.yaml"), "--url", hub.address,
        "--seed", str(options.seed), "--max-examples", "100" if options.long else "4", "--no-shrink", "--checks", "all", "--continue-on-failure",
        "--request-timeout", "30", "--max-time", str((60 if options.long else 3) * len(mine) + 10), "--no-color", "--suppress-health-check", "all",
        "-H", "Authorization: Bearer " + world.keys[role], "-H", "X-Forwarded-For: 192.0.2.1"]
    # One answer leads to another call only where there are ids to ask for.
    phases = ["examples", "coverage", "fuzzing"] + (["stateful"] if role in ("reader", "agent", "supervisor", "admin") else [])
    words += ["--phases", ",".join(phases)]
    words += [word for name in mine for word in ("--include-operation-id", name)]
    environment = os.environ | {
        "OPENAPI_SEEN": str(folder / "seen"), "SCHEMATHESIS_HOOKS": "openapi_hooks",
        "PYTHONPATH": str(pathlib.Path(__file__).parent), "PYTHONDONTWRITEBYTECODE": "1"}
    begun = time.monotonic()
    ended = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=folder)
    seen = collections.Counter()
    for line in (folder / "seen").read_text().splitlines() if (folder / "seen").exists() else []:
        method, path, status, _ = line.split(" ")
        seen[method, path, int(status)] += 1
    print(f"openapi: {role}: {sum(seen.values())} requests in {time.monotonic() - begun:.0f} s", flush=True)
    check("runs", ended.returncode == 0, f"schemathesis is content as {role}:\n{ended.stdout[-12000:]}{ended.stderr[-2000:]}")
    return seen


# By hand.


def forbidden(document, world, hub):
    """What the role of a key may not do is 403, and without a key 401, whatever is asked for."""
    for path, method, operation, _ in operations(document):
        target = re.sub(r"\{\w+\}", "x", path)
        for role in ROLES:
            if role not in operation["x-roles"]:
                answer = hub.send(method.upper(), target, world.keys[role], {} if method != "get" else None)
                check("keys", answer.status == 403 and answer.name() == "forbidden", f"{method} {path} as {role}: {answer}")
        for key in (None, world.admin[:-1], "x"):
            answer = hub.send(method.upper(), target, key)
            check("keys", answer.status == 401 and "www-authenticate" in answer.fields, f"{method} {path} with {key}: {answer}")
        if {} in operation.get("security", []):
            connection = http.client.HTTPConnection(hub.place)
            connection.request("GET", path)
            check("keys", connection.getresponse().status == 200, f"{path} without a key, from this machine")


def strangers(document, a, b, hub):
    """Each call of A that names something of B, and the same that names what never was: answered alike."""
    before = b.state()
    compared = set()

    def same(role, operation, method, path, mine, theirs, random, body=None, **fields):
        compared.add(operation)
        answers = []
        for value in (theirs, random):
            def put(text):
                return text.replace("{THEIRS}", value).replace("{MINE}", mine)

            target = path.replace("{THEIRS}", urllib.parse.quote(value, safe="")).replace("{MINE}", mine)
            sent = put(body).encode() if body is not None else None
            answer = hub.send(method, target, a.keys[role], sent, **fields)
            head = {name: text.replace(value, "…") for name, text in answer.fields.items() if name not in ("date", "content-length")}
            answers.append((answer.status, head, answer.body.decode().replace(value, "…")))
        check("strangers", answers[0] == answers[1], f"{method} {path} {body} as {role}: {answers[0]} and not {answers[1]}")

    def id_of_nobody(value):
        return str(uuid.uuid4())

    def name_of_nobody(value):
        return "n" + uuid.uuid4().hex[:len(value) - 1].ljust(len(value) - 1, "0")

    ids = [b.living, b.absorbed, b.erased, b.other, b.facets[0], b.interaction, b.standing, b.revoked, b.consent, b.memory]
    json_type = {"Content_Type": "application/json"}
    # First: what A itself asks for below stands in its own log.
    for role in ROLES:
        for value in ids:
            same(role, "getAudit", "GET", "/v1/audit?profile={THEIRS}", a.living, value, str(uuid.uuid4()))
    for role in ROLES:
        def each(values, nobody, operation, method, path, *bodies, **fields):
            for value in values:
                for body in bodies or (None,):
                    same(role, operation, method, path, a.living, value, nobody(value), body, **(json_type | fields))

        for part, operation in (("", "getProfile"), ("/interactions", "getInteractions"), ("/visits", "getVisits"),
                                ("/explain", "explainProfile"), ("/consents", "getConsents"), ("/memories", "getMemories"),
                                ("/people", "getPeople")):
            each(ids, id_of_nobody, operation, "GET", "/v1/profiles/{THEIRS}" + part)
        each(ids, id_of_nobody, "explainProfile", "GET", "/v1/profiles/{MINE}/explain?with={THEIRS}")
        each([b.thread], id_of_nobody, "getInteractions", "GET", "/v1/profiles/{MINE}/interactions?thread={THEIRS}")
        each(ids + [b.thread], id_of_nobody, "searchProfiles", "GET", "/v1/search?q={THEIRS}")
        each(ids, id_of_nobody, "getChanges", "GET", "/v1/changes?profile={THEIRS}")
        each([b.cursor.split(".")[0]], id_of_nobody, "getChanges", "GET", "/v1/changes?after={THEIRS}.1")
        each([b.cursor.split(".")[0]], id_of_nobody, "getSnapshot", "GET", "/v1/profiles?snapshot&after={THEIRS}.1/{MINE}")
        for cursor, operation, path in ((b.before, "getInteractions", "/v1/profiles/{MINE}/interactions?before="),
                                        (b.decided, "getDecisions", "/v1/decisions?after=")):
            each([cursor[16:]], lambda value: uuid.uuid4().hex, operation, "GET", path + cursor[:16] + "{THEIRS}")
        for assurance in ("presented", "verified"):
            shown = {"kind": "email", "value": "{THEIRS}", "assurance": assurance}
            each([f"maria@{b.domain}"], lambda value: f"n{uuid.uuid4().hex[:8]}@{b.domain}", "postRecognise", "POST",
                 "/v1/recognise", json.dumps({"touchpoint": "agent" if assurance == "presented" else "web", "identifiers": [shown]}))
        each(ids + [b.mailed], id_of_nobody, "getInteraction", "GET", "/v1/interactions/{THEIRS}")
        each(ids + [b.mailed], id_of_nobody, "getOriginal", "GET", "/v1/interactions/{THEIRS}/original")
        each([b.company[24:]], lambda value: uuid.uuid4().hex[:12], "getPeople", "GET",
             f"/v1/profiles/{a.company}/people?after={b.company[:24]}{{THEIRS}}")
        for part in ("traits", "external_ids", "events", "metadata", "links"):
            name = "getSegment" + "".join(word.capitalize() for word in part.split("_"))
            for collection in ("users", "accounts"):
                each([f"maria@{b.domain}", f"anna.verdi@{b.domain}"], lambda value: f"n{uuid.uuid4().hex[:8]}@{b.domain}", name,
                     "GET", f"/v1/spaces/{b.name}/collections/{collection}/profiles/email:{{THEIRS}}/{part}")
                each([b.domain], lambda value: f"n{uuid.uuid4().hex[:8]}.example.it", name,
                     "GET", f"/v1/spaces/{b.name}/collections/{collection}/profiles/domain:{{THEIRS}}/{part}")
        each([b.consented[16:]], lambda value: uuid.uuid4().hex, "getConsents", "GET",
             "/v1/profiles/{MINE}/consents?after=" + b.consented[:16] + "{THEIRS}")
        each([b.remembered[17:]], lambda value: uuid.uuid4().hex, "getMemories", "GET",
             "/v1/profiles/{MINE}/memories?after=" + b.remembered[:17] + "{THEIRS}")
        consent = {"purpose": "marketing", "state": "denied", "at": "2026-10-01T10:00:00Z"}
        memory, seen = {"kind": "thanks_due", "text": "a stranger's"}, {"interaction": "{THEIRS}"}
        for operation, part, body in (("postConsent", "consents", consent), ("postMemory", "memories", memory),
                                      ("postPreferences", "preferences", {"tone": "lei"})):
            each(ids + [b.consent, b.memory], id_of_nobody, operation, "POST", "/v1/profiles/{THEIRS}/" + part, json.dumps(body))
            each([b.interaction, b.mailed], id_of_nobody, operation, "POST", "/v1/profiles/{MINE}/" + part, json.dumps(body | seen))
        each([b.memory, b.promise], id_of_nobody, "postMemory", "POST", "/v1/profiles/{MINE}/memories",
             json.dumps(memory | {"supersedes": "{THEIRS}"}))
        each([b.memory, b.promise, b.consent, b.living], id_of_nobody, "closeMemory", "POST", "/v1/memories/{THEIRS}/close", *[
            json.dumps({"as": end, "why": "a try"}) for end in ("done", "kept", "outdated")])
        each(ids, id_of_nobody, "revokeDecision", "DELETE", "/v1/decisions/{THEIRS}?preview=true")
        each(ids, id_of_nobody, "revokeDecision", "DELETE", "/v1/decisions/{THEIRS}")
        each(ids, id_of_nobody, "postDecision", "POST", "/v1/decisions", *[
            json.dumps({"kind": kind, "profiles": pair, "why": "a try", "preview": preview})
            for kind in ("same", "not_same") for pair in (["{MINE}", "{THEIRS}"], ["{THEIRS}", "{MINE}"])
            for preview in (False, True)])
        each(ids, id_of_nobody, "postErasure", "POST", "/v1/erasures", *[
            json.dumps({"ids": ["{THEIRS}"], "preview": preview}) for preview in (False, True)])
        people = [f"{one}@{b.domain}" for one in ("maria", "m.rossi", "both", "erased")]

        def nobodys_address(value):
            return f"n{uuid.uuid4().hex[:8]}@{b.domain}"

        each(people, nobodys_address, "getProfileByIdentifier", "GET", "/v1/profiles/by/email/{THEIRS}")
        each(people, nobodys_address, "postDecision", "POST", "/v1/decisions",
             json.dumps({"kind": "shared", "identifier": {"kind": "email", "value": "{THEIRS}"}, "why": "a try"}))
        each([b.site + "/visitor-1"], lambda value: "nobody/visitor-1", "getProfileByIdentifier", "GET", "/v1/profiles/by/cookie/{THEIRS}")
        names = [b.crm, b.broken]
        path = "/v1/subscriptions/{THEIRS}"
        each(names, name_of_nobody, "getSubscription", "GET", path)
        each(names, name_of_nobody, "patchSubscription", "PATCH", path, '{"settings":{"concurrency":2}}', "{}")
        each(names, name_of_nobody, "deleteSubscription", "DELETE", path)
        each(names, name_of_nobody, "getAttempts", "GET", path + "/attempts")
        each(names, name_of_nobody, "getDead", "GET", path + "/dead")
        for command, operation in (("pause", "pauseSubscription"), ("resume", "resumeSubscription"), ("test", "testSubscription"),
                                   ("rotate", "rotateSecret"), ("drop", "dropSecret"), ("retry", "retryDead")):
            each(names, name_of_nobody, operation, "POST", f"{path}/{command}", "{}")
        each(names, name_of_nobody, "replaySubscription", "POST", path + "/replay", '{"after":"oldest"}')
        sources = [b.mailbox, b.shop]
        for part, operation, kind, body in (
                ("messages", "postMessage", "message/rfc822", mail(9, b.domain)),
                ("postmark", "postPostmark", "application/json", json.dumps({"RawEmail": mail(9, b.domain)})),
                ("mailgun", "postMailgun", "application/x-www-form-urlencoded", urllib.parse.urlencode(mailgun(mail(9, b.domain)))),
                ("mailgun/mime", "postMailgunMime", "application/x-www-form-urlencoded",
                 urllib.parse.urlencode(mailgun(mail(9, b.domain))))):
            each(sources, name_of_nobody, operation, "POST", "/v1/sources/{THEIRS}/" + part, body, Content_Type=kind)
        item = {"id": "strange", "identifiers": [{"kind": "email", "value": f"strange@{a.domain}"}]}
        each(sources, name_of_nobody, "postInteractions", "POST", "/v1/interactions?source={THEIRS}", json.dumps(item))
        each(sources, name_of_nobody, "postInteractions", "POST", "/v1/interactions", json.dumps(item | {"source": "{THEIRS}"}))
    check("strangers", b.state() == before, "nothing of the other workspace is other than before")
    for path, method, operation, item in operations(document):
        takes = [resolved(document, one)["name"] for one in item.get("parameters", []) + operation.get("parameters", [])]
        needs = {"id", "name", "with", "profile", "after", "before", "value", "source", "thread", "q", "identifier"} & set(takes) or operation["operationId"] in (
            "postDecision", "postErasure")
        check("strangers", not needs or operation["operationId"] in compared, f"{method} {path} was tried with what is another's")


def streams(world, hub):
    """What schemathesis does not do: wait, and read a stream."""
    key = world.keys["subscriber"]
    for wait, status in (("0", 200), ("1", 200), ("61", 400), ("-1", 400), ("x", 400), ("", 400)):
        answer = hub.send("GET", f"/v1/changes?after=now&wait={wait}", key)
        check("streams", answer.status == status, f"wait={wait}: {answer}")
    answer = hub.send("GET", "/v1/changes?after=now&wait=2", key, Accept="application/cloudevents-batch+json")
    check("streams", answer.body == b"[]", f"a page that is waited for: {answer}")
    connection = http.client.HTTPConnection(hub.place, timeout=30)
    connection.request("GET", "/v1/changes?after=oldest&limit=3", headers={
        "Authorization": "Bearer " + key, "Accept": "text/event-stream", "Last-Event-ID": world.cursor.split(".")[0] + ".0"})
    answer = connection.getresponse()
    check("streams", answer.status == 200 and answer.getheader("content-type") == "text/event-stream", f"a stream: {answer.status}")
    check("streams", answer.getheader("cache-control") == "no-store", "a stream is not stored")
    lines = [answer.readline().decode().rstrip() for _ in range(12)]
    check("streams", lines[0] == "retry: 3000" and any(line.startswith("id: " + world.cursor.split(".")[0]) for line in lines)
          and any(line.startswith("event: ") for line in lines), f"events: {lines}")
    connection.close()
    ahead = world.cursor.split(".")[0] + ".999999999999"
    for path, name in ((f"/v1/changes?after={ahead}", "cursor_ahead"), (f"/v1/changes?after={uuid.uuid4()}.1", "epoch_ended")):
        check("streams", hub.send("GET", path, key).name() == name, path)


def tags(document, world, hub):
    """What was answered with a tag is not answered again to who has it."""
    known = examples(world, "admin")
    for path, method, operation, _ in operations(document):
        if "304" not in operation["responses"]:
            continue
        of = known.get(operation["operationId"], {})
        target = re.sub(r"\{(\w+)\}", lambda name: urllib.parse.quote(of[name[1]][0]), path)
        target += {"getSnapshot": "?snapshot", "searchProfiles": "?q=maria"}.get(operation["operationId"], "")
        # Something may happen between the two.
        for _ in range(20):
            first = hub.send("GET", target, world.admin)
            tag = first.fields.get("etag")
            again = hub.send("GET", target, world.admin, If_None_Match=f'"0", W/{tag}')
            if again.status == 304:
                break
            time.sleep(0.2)
        check("tags", first.status == 200 and again.status == 304 and again.body == b"" and again.fields.get("etag") == tag,
              f"{target} again: {first} {again}")


def main():
    begun = time.monotonic()
    hub = Hub(options.contatto, options.scratch / "log")
    try:
        if options.document:
            document = yaml.safe_load("".join(part.read_text() for part in sorted(options.document.glob("*.yaml"))))
            # Of a hub that does not serve it yet.
            del document["paths"]["/openapi.yaml"]
        else:
            served = http.client.HTTPConnection(hub.place)
            served.request("GET", "/openapi.yaml")
            document = yaml.safe_load(served.getresponse().read())
        hub.run("workspace", "add", "other")
        receiver = receive()
        with concurrent.futures.ThreadPoolExecutor() as both:
            a, b = both.map(lambda one: World(hub, *one, receiver), (("main", "a"), ("other", "b")))
        a.wait()
        b.wait()
        forbidden(document, a, hub)
        strangers(document, a, b, hub)
        streams(a, hub)
        tags(document, a, hub)
        print(f"openapi: {sum(checks.values())} checks by hand in {time.monotonic() - begun:.0f} s", flush=True)
        seen = collections.Counter()
        # Who may destroy comes last; the work is that of schemathesis, which takes one processor each.
        roles = options.only.split(",")
        for group in [one for one in roles if one != "admin"][::-1], [one for one in roles if one == "admin"]:
            with concurrent.futures.ThreadPoolExecutor(2) as two:
                for found in two.map(lambda role: explore(a, role, document, hub), group):
                    seen += found
            check("runs", hub.process.poll() is None, f"the hub lives, after all that was done as {', '.join(group)}")
        answered = collections.defaultdict(set)
        for (method, path, status), count in seen.items():
            answered[method, path].add(status)
        count = 0
        for path, method, operation, _ in operations(document):
            statuses = answered[method.upper(), path]
            count += len(statuses)
            print(f"  {method.upper():6} {path:45} {' '.join(map(str, sorted(statuses)))}")
            if options.only == ",".join(ROLES) and not options.operations:
                check("answers", any(200 <= status < 300 for status in statuses), f"{method} {path} was answered 2xx: {statuses}")
        wrong = [line for line in hub.told().splitlines() if '"level":"error"' in line.replace(" ", "")]
        check("runs", not wrong, f"the hub's log holds no error: {wrong[:5]}")
        check("runs", hub.stop() == 0, "the hub stops in order")
    finally:
        if hub.process.poll() is None:
            hub.process.kill()
    print(f"openapi: {len(list(operations(document)))} operations, {count} statuses of theirs, {sum(seen.values())} requests, "
          f"{sum(checks.values())} checks, {len(failures)} failed, {time.monotonic() - begun:.0f} s")
    sys.exit(1 if failures else 0)


main()
