// contatto.js 1 – tells a Contatto hub what a visitor does on this site: page, identify, track, group, alias.
// Without consent nothing is kept on the visitor's device, and nothing that is sent says who the visitor is.
(function () {
  "use strict";
  const before = window.contatto;
  const script = document.currentScript || document.querySelector("script[data-key][src*='contatto.js']");
  if (!script || !script.src || !script.dataset.key || (before && typeof before.visitor === "function")) return;

  const settings = script.dataset;
  const hub = new URL("v1/b", script.src).href;
  const prefix = "contatto.js:";
  const queue = prefix + settings.key + ":";
  const held = {}; // storage key -> event, for what is not in the storage
  const unbeaconed = new Set(); // this page's events that no beacon has carried yet
  let withheld = []; // calls that say who the visitor is, made before the consent
  let userId, lastSession = "", clock = 0, timer = 0, busy = false, failures = 0, resumeAt = 0, toldAt = 0;
  let here = "", seen = "", referrer = document.referrer, viewedUnnamed = false;

  const safe = (work) => function () {
    try {
      return work.apply(null, arguments);
    } catch (error) {
      console.warn("contatto:", error);
    }
  };
  const random = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (256 + byte).toString(16).slice(1)).join("");
  const spelling = (id) => (id == null || id === "" ? undefined : String(id));

  // The storage may be blocked, missing or full: then the answer is undefined.
  const stored = (work) => {
    try {
      return work(window.localStorage);
    } catch (error) {}
  };
  const storedKeys = (start) => stored((storage) => Object.keys(storage).filter((key) => key.startsWith(start))) || [];

  // The consent is the cookie: what one tab grants or withdraws holds in the others at once.
  const refused = () => navigator.globalPrivacyControl === true || navigator.doNotTrack === "1";
  const visitor = () => {
    try {
      return !refused() && /(?:^|; )contatto_visitor=([0-9a-f]{32})(?:;|$)/.exec(document.cookie)[1] || null;
    } catch (error) {
      return null;
    }
  };
  const bake = (value, age, domain) => {
    document.cookie = "contatto_visitor=" + value + "; Path=/; SameSite=Lax; Max-Age=" + age +
      (domain ? "; Domain=" + domain : "") + (location.protocol === "https:" ? "; Secure" : "");
  };
  const remember = () => bake(random(), 15552000, settings.domain);
  const forget = () => {
    userId = undefined;
    withheld = [];
    safe(bake)("", 0, settings.domain);
    safe(bake)("", 0);
    storedKeys(prefix).forEach(drop);
    Object.keys(held).filter((key) => JSON.parse(held[key]).anonymousId).forEach(drop);
  };

  // Thirty minutes without an event end a session.
  const session = (who) => {
    const now = Date.now();
    const name = prefix + "session";
    let [owner, id, at] = (stored((storage) => storage.getItem(name)) || lastSession).split(".");
    if (owner !== who || now - at > 18e5) id = random();
    lastSession = [who, id, now].join(".");
    stored((storage) => storage.setItem(name, lastSession));
    return id;
  };

  const drop = (key) => {
    delete held[key];
    stored((storage) => storage.removeItem(key));
  };
  const pending = () => Object.keys(held).concat(visitor() ? storedKeys(queue) : []).sort();

  // As many events as one request may carry: a browser refuses a beacon above 64 kB.
  const pack = (keys) => {
    const taken = [], items = [];
    let size = 500;
    for (const key of keys) {
      const text = held[key] || stored((storage) => storage.getItem(key));
      if (!text) continue;
      size += new Blob([text]).size + 1;
      if (size > 6e4 && items.length) break;
      taken.push(key);
      items.push(text);
    }
    const head = JSON.stringify({ writeKey: settings.key, sentAt: new Date() }).slice(0, -1);
    return items.length && { taken, body: head + ',"batch":[' + items + "]}" };
  };

  // How long to wait: after failures, and as long as the hub told this tab or another.
  const wait = () => {
    const told = visitor() && stored((storage) => storage.getItem(prefix + "after"));
    const left = [resumeAt, toldAt, told].map((until) => until - Date.now());
    return Math.max(0, ...left.filter((time) => time < 4e5)); // more is a clock that was set
  };
  const soon = () => {
    timer = timer || setTimeout(send, Math.max(100, wait()));
  };
  const send = safe(() => {
    timer = 0;
    if (busy) return;
    busy = true;
    const locks = visitor() && navigator.locks;
    // One tab at a time sends what all tabs have stored.
    (locks ? locks.request(prefix + "send", post) : post()).catch(later).then(() => {
      busy = false;
      if (pending().length) soon();
    });
  });
  const later = () => {
    resumeAt = Date.now() + Math.min(500 * 2 ** failures++, 6e4) * (1 + Math.random()) / 2;
  };
  const post = async () => {
    const next = !wait() && pack(pending());
    if (!next) return;
    const control = new AbortController();
    const limit = setTimeout(() => control.abort(), 3e4);
    let status = 0, after = 0;
    try {
      const answer = await fetch(hub, { method: "POST", body: next.body, credentials: "omit", signal: control.signal });
      status = answer.status;
      after = answer.headers.get("Retry-After");
    } catch (error) {}
    clearTimeout(limit);
    if (!status || status >= 500 || status === 429 || status === 408) {
      later();
      after = Math.min(+after || (Date.parse(after) - Date.now()) / 1000 || 0, 300) * 1000;
      if (after > 0) {
        toldAt = resumeAt + after;
        if (visitor()) stored((storage) => storage.setItem(prefix + "after", toldAt));
      }
    } else {
      if (status >= 400) console.warn("contatto: the hub refused events:", status);
      next.taken.forEach(drop);
      failures = resumeAt = 0;
    }
  };

  const tell = (type, fields, again) => {
    const who = visitor();
    clock = Math.max(Date.now(), clock + 1); // the keys sort as the events happened
    const messageId = clock.toString(36) + random();
    const context = {
      page: { url: address(), path: path(), title: document.title, referrer, search: location.search },
      locale: navigator.language,
      consent: { categoryPreferences: { analytics: !!who } },
      library: { name: "contatto.js", version: "1" },
      again,
    };
    const item = { type, messageId, timestamp: new Date(), context };
    if (who) {
      item.anonymousId = who;
      item.userId = userId;
      context.sessionId = session(who);
      context.screen = { width: screen.width, height: screen.height, density: window.devicePixelRatio };
    }
    const text = JSON.stringify(Object.assign(item, fields));
    if (new Blob([text]).size > 32e3) throw Error("an event of more than 32 kB");
    const key = queue + messageId;
    if (!who || !stored((storage) => (storage.setItem(key, text), true))) held[key] = text;
    unbeaconed.add(key);
    pending().slice(0, -200).forEach(drop);
    soon();
  };

  // A fragment belongs to the address only where a router keeps the path in it; elsewhere it may hold a secret.
  const route = () => (/^#!?\//.test(location.hash) ? location.hash : "");
  const path = () => location.pathname + route();
  const address = () => location.href.split("#")[0] + route();
  const look = safe(() => {
    if (document.prerendering) return;
    if (here && path() !== seen) referrer = here;
    here = address();
    if (path() === seen) return;
    seen = path();
    if (settings.auto === "off") return;
    viewedUnnamed = !visitor();
    tell("page", { properties: {} });
  });
  const lookLater = () => setTimeout(look); // a router sets the title after the address
  const leave = safe(() => {
    look();
    const next = pack(pending().filter((key) => unbeaconed.has(key)));
    if (next && navigator.sendBeacon(hub, next.body)) next.taken.forEach((key) => unbeaconed.delete(key));
  });

  // What says who the visitor is waits, in memory, for the consent.
  const named = (work) => safe((id, more) => {
    if (id && typeof id === "object") [id, more] = [undefined, id];
    if (visitor()) work(spelling(id), more);
    else if (withheld.length < 20) withheld.push(() => work(spelling(id), more));
  });
  const api = {
    page: safe((name, properties) => {
      if (name && typeof name === "object") [name, properties] = [undefined, name];
      tell("page", { name, properties: properties || {} });
    }),
    track: safe((event, properties) => tell("track", { event: spelling(event), properties: properties || {} })),
    identify: named((id, traits) => {
      userId = id || userId;
      tell("identify", { userId, traits: traits || {} });
    }),
    group: named((groupId, traits) => tell("group", { groupId, traits: traits || {} })),
    alias: named((to, from) => tell("alias", { userId: to, previousId: spelling(from) || userId || visitor() })),
    consent: safe((given) => {
      if (given !== true || refused()) return forget();
      if (!visitor()) remember();
      if (!visitor()) return;
      if (viewedUnnamed) tell("page", { properties: {} }, true);
      viewedUnnamed = false;
      withheld.splice(0).forEach((call) => call());
    }),
    reset: safe(() => {
      userId = undefined;
      withheld = [];
      if (visitor()) remember();
    }),
    visitor,
    ready: (work) => void Promise.resolve(api).then(work),
    push: safe((call) => api[call[0]](...Array.from(call).slice(1))),
  };
  window.contatto = api;

  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = function () {
      const result = original.apply(this, arguments);
      lookLater();
      return result;
    };
  }
  addEventListener("popstate", lookLater);
  addEventListener("hashchange", lookLater);
  document.addEventListener("prerenderingchange", lookLater);
  addEventListener("pageshow", (event) => {
    if (event.persisted) seen = "";
    look();
  });
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  addEventListener("online", () => {
    failures = resumeAt = 0;
    clearTimeout(timer);
    timer = 0;
    soon();
  });

  if (settings.consent === "granted") api.consent(true);
  else if (settings.consent === "denied" || !visitor()) safe(forget)();
  const calls = Array.isArray(before) ? before.filter(Array.isArray) : [];
  const isConsent = (call) => call[0] === "consent";
  calls.filter(isConsent).forEach(api.push);
  look();
  calls.filter((call) => !isConsent(call)).forEach(api.push);
  soon();
})();
