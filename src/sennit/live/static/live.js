// Live pages: keeps the regions between <!--live:ID DIGEST kind--> and <!--/live:ID--> as the server has them.
// A frame [id, from, to, body] applies only to who holds `from`: steps for rows, or a text that replaces the whole.
// Whatever does not fit asks for the whole region again.
(() => {
  "use strict";
  if (window.sennit) return;
  const doc = document, root = doc.documentElement, regions = new Map();
  let token, socket, tries = 0, steady, timer, visiting, filtering, visitedAt = 0;

  const isField = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e.nodeName);
  const isDirty = (e) =>
    e.nodeName === "SELECT"
      ? [...e.options].some((o) => o.selected !== o.defaultSelected) && [...e.options].some((o) => o.defaultSelected)
      : e.type === "checkbox" || e.type === "radio" ? e.checked !== e.defaultChecked
      : e.type !== "hidden" && e.value !== e.defaultValue;
  const emit = (target, name, detail) => target.dispatchEvent(new CustomEvent("live:" + name, { bubbles: true, detail }));
  const parse = (html) => {
    const template = doc.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  // -- morphing: what the user is doing in an element is his ------------------------------------------------------
  const rules = {
    morphStyle: "outerHTML",
    ignoreActiveValue: true,
    callbacks: {
      beforeNodeMorphed: (old) =>
        !(old.nodeType === 1 && (old.hasAttribute("live-own") || (isField(old) && (old === doc.activeElement || isDirty(old))))),
      beforeAttributeUpdated: (name, node) =>
        !(name === "open" && /^(DETAILS|DIALOG)$/.test(node.nodeName)) ,
    },
  };
  const morph = (old, fresh) => {
    if (old.nodeType !== 1) {
      if (old.data !== fresh.data) old.data = fresh.data;
    } else if (!old.isEqualNode(fresh)) Idiomorph.morph(old, fresh, rules);
  };
  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

  // -- regions ----------------------------------------------------------------------------------------------------
  const scan = () => {
    const before = new Map(regions), walker = doc.createTreeWalker(root, NodeFilter.SHOW_COMMENT), open = new Map();
    regions.clear();
    while (walker.nextNode()) {
      const mark = walker.currentNode, words = mark.data.split(" ");
      if (words[0].startsWith("live:")) open.set(words[0].slice(5), [mark, words]);
      const began = words[0].startsWith("/live:") && open.get(words[0].slice(6));
      if (!began) continue;
      const [start, [, digest, kind, hold]] = began, id = words[0].slice(6);
      const region = { id, start, end: mark, digest, kind, hold: !!hold, held: [] };
      regions.set(id, region);
      if (kind === "json") openData(region, before.get(id));
    }
  };
  const home = (region) => region.start.parentElement || root;
  const nodes = (region) => {
    const found = [];
    for (let n = region.start.nextSibling; n && n !== region.end; n = n.nextSibling) found.push(n);
    return found;
  };
  const rowsOf = (region) =>
    new Map(nodes(region).filter((n) => n.nodeType === 1 && n.hasAttribute("live-key")).map((n) => [n.getAttribute("live-key"), n]));

  // Where the browser does not anchor scrolling itself, the first row in view stays where it is.
  const anchors = window.CSS && CSS.supports("overflow-anchor", "auto");
  const keepScroll = (region, change) => {
    const row = !anchors && scrollY > 0 && [...rowsOf(region).values()].find((r) => r.getBoundingClientRect().bottom > 0);
    const top = row && row.getBoundingClientRect().top;
    change();
    if (row && row.isConnected) scrollBy(0, row.getBoundingClientRect().top - top);
  };

  const step = (region, rows, [verb, key, ...rest]) => {
    const row = rows.get(key), parent = region.start.parentNode;
    const place = (before) => {
      const at = before === null ? region.end : rows.get(before);
      if (!at) throw 0;
      return at;
    };
    if ((verb === "+") === !!row) throw 0;
    if (verb === "-") row.remove(), rows.delete(key);
    else if (verb === ">") parent.insertBefore(row, place(rest[0]));
    else if (verb === "+") rows.set(key, parent.insertBefore(parse(rest[1]).firstElementChild, place(rest[0])));
    else morph(row, parse(rest[0]).firstElementChild);
    // A row whose root element changed its name is another node now.
    if (verb === "~" && !row.isConnected) rows.set(key, rowsOf(region).get(key));
  };

  const wholeRows = (region, html) => {
    const rows = rowsOf(region), fresh = [...parse(html).children], keep = new Set(fresh.map((r) => r.getAttribute("live-key")));
    for (const [key, row] of rows) if (!keep.has(key)) row.remove();
    let next = region.end;
    for (const one of fresh.reverse()) {
      let row = rows.get(one.getAttribute("live-key"));
      if (row) {
        if (row.nextElementSibling !== next && row.nextSibling !== next) next.parentNode.insertBefore(row, next);
        morph(row, one);
        if (!row.isConnected) row = rowsOf(region).get(one.getAttribute("live-key"));
      } else row = next.parentNode.insertBefore(one, next);
      next = row;
    }
  };

  const wholeText = (region, html) => {
    const olds = nodes(region);
    for (const fresh of [...parse(html).childNodes]) {
      const at = olds.findIndex((old) => alike(old, fresh));
      if (at < 0) region.end.parentNode.insertBefore(fresh, olds[0] || region.end);
      else {
        olds.splice(0, at).forEach((old) => old.remove());
        morph(olds.shift(), fresh);
      }
    }
    olds.forEach((old) => old.remove());
  };

  // -- data for custom elements: element.onlive({rows, added, removed, changed}), or the event live:data ------------
  const openData = (region, old) => {
    const script = nodes(region).find((n) => n.nodeName === "SCRIPT");
    region.rows = new Map(script ? JSON.parse(script.textContent) : (old || region).rows);
    const all = [...region.rows.keys()], name = home(region).localName;
    const tell = () => deliver(region, { added: all, removed: [], changed: [] });
    if (name.includes("-") && !customElements.get(name)) customElements.whenDefined(name).then(tell);
    else tell();
  };
  const deliver = (region, { added, removed, changed }) => {
    const pick = (keys) => keys.map((key) => region.rows.get(key));
    const detail = { rows: [...region.rows.values()], added: pick(added), removed, changed: pick(changed) };
    if (home(region).onlive) home(region).onlive(detail);
    emit(home(region), "data", detail);
  };
  const data = (region, whole, body) => {
    const old = region.rows, sets = { added: [], removed: [], changed: [] };
    let list = [...old];
    const at = (key) => {
      const index = key === null ? list.length : list.findIndex((row) => row[0] === key);
      if (index < 0) throw 0;
      return index;
    };
    if (whole) list = JSON.parse(body);
    else
      for (const [verb, key, ...rest] of body) {
        if (verb === "+") list.splice(at(rest[0]), 0, [key, JSON.parse(rest[1])]);
        else if (verb === "~") list[at(key)] = [key, JSON.parse(rest[0])];
        else {
          const [row] = list.splice(at(key), 1);
          if (verb === ">") list.splice(at(rest[0]), 0, row);
        }
      }
    region.rows = new Map(list);
    for (const [key, row] of list) if (old.get(key) !== row) (old.has(key) ? sets.changed : sets.added).push(key);
    for (const [key, row] of old) if (!region.rows.has(key)) sets.removed.push(row);
    deliver(region, sets);
  };

  // -- frames -----------------------------------------------------------------------------------------------------
  const apply = (region, [id, from, to, body]) => {
    if (to === region.digest) return;
    try {
      if (from !== region.digest) throw 0;
      const whole = typeof body === "string", target = home(region), keys = whole ? null : body.map((step) => step[1]);
      emit(target, "before", { id, keys });
      if (region.kind === "json") data(region, whole, body);
      else
        keepScroll(region, () => {
          if (whole) (region.kind === "rows" ? wholeRows : wholeText)(region, body);
          else {
            const rows = rowsOf(region);
            for (const one of body) step(region, rows, one);
          }
        });
      region.digest = to;
      target.classList.remove("live-stale");
      agoIn(target);
      emit(target, "after", { id, keys });
    } catch (error) {
      if (error) console.error(error);
      region.digest = "";
      send(["need", id]);
    }
  };
  const isBusy = (region) => {
    const inside = (n) => n && nodes(region).some((one) => one.contains(n)), selection = getSelection();
    return inside(doc.activeElement) || (!selection.isCollapsed && inside(selection.anchorNode)) || nodes(region).some((n) => n.matches && n.matches(":hover"));
  };
  const release = (region) => {
    const held = region.held;
    region.held = [];
    home(region).removeAttribute("live-held");
    held.forEach((frame) => apply(region, frame));
  };
  const receive = (frame) => {
    const region = regions.get(frame[0]);
    if (!region) return;
    if (!region.hold || region.kind === "json" || !isBusy(region)) return release(region), apply(region, frame);
    // The hundredth is no frame: there is too much to keep, and the whole is asked for afterwards.
    if (region.held.length < 100) region.held.push(region.held.length < 99 ? frame : [frame[0], "?"]);
    home(region).setAttribute("live-held", region.held.length);
    emit(home(region), "held", { count: region.held.length });
  };
  const lookAtHeld = () => {
    for (const region of regions.values()) if (region.held.length && !isBusy(region)) release(region);
  };
  const gone = (id, why) => {
    const region = regions.get(id);
    if (!region) return;
    if (why === "changed") return reload();
    nodes(region).forEach((n) => n.remove());
    regions.delete(id);
    home(region).classList.add("live-gone");
    emit(home(region), "gone", { why });
    if (why === "signed-out" || why === "forbidden") emit(doc, "denied", { why });
  };
  const onMessage = (message) => {
    const [first, second, third] = message;
    if (first === "ping") send(["pong"]);
    else if (first === "gone") gone(second, third);
    else if (first === "stale") regions.has(second) && home(regions.get(second)).classList.add("live-stale");
    else if (first === "reload") reload();
    else if (first === "drain") setTimeout(() => socket && socket.close(), Math.random() * second);
    else receive(message);
  };

  // -- the socket -------------------------------------------------------------------------------------------------
  const send = (message) => socket && socket.readyState === 1 && socket.send(JSON.stringify(message));
  const join = () => {
    if (token && regions.size) send(["join", token, [...regions.values()].map((r) => [r.id, r.digest])]);
  };
  const connect = () => {
    clearTimeout(timer);
    if (socket || !token || !regions.size) return;
    const mine = (socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/-/sennit/live", ["sennit.1"]));
    mine.onopen = () => {
      root.classList.remove("live-offline");
      steady = setTimeout(() => (tries = 0), 5000);
      join();
      if (doc.hidden) send(["vis", 0]);
    };
    mine.onmessage = (event) => onMessage(JSON.parse(event.data));
    mine.onclose = () => {
      if (socket !== mine) return;
      socket = null;
      clearTimeout(steady);
      root.classList.add("live-offline");
      timer = setTimeout(connect, Math.random() * Math.min(30000, 1000 * 2 ** tries++));
    };
  };
  const hangUp = () => {
    const mine = socket;
    socket = null;
    if (mine) mine.close();
  };

  // -- pages by fetch: live links and filters ---------------------------------------------------------------------
  const start = () => {
    const meta = doc.querySelector('meta[name="sennit-live"]');
    token = meta && meta.content;
    scan();
    agoIn(doc);
    connect();
  };
  const visit = async (url, how) => {
    if (visiting) visiting.abort();
    const mine = (visiting = new AbortController());
    try {
      const answer = await fetch(url, { signal: mine.signal, headers: { accept: "text/html" } });
      if (!(answer.headers.get("content-type") || "").startsWith("text/html")) return location.assign(url);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== visiting) return;
      // The first change of a filter is a step that Back undoes; further typing is not.
      if (how === "push" || (how === "filter" && !filtering)) {
        history.replaceState({ sennit: 1 }, "");
        history.pushState({ sennit: 1 }, "", answer.url);
      } else if (how) history.replaceState({ sennit: 1 }, "", answer.url);
      filtering = how === "filter";
      show(fresh);
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
    }
  };
  const show = (fresh) => {
    const metas = [doc, fresh].map((d) => d.querySelector('meta[name="sennit-live"]')), old = token;
    if (metas[0] && metas[1]) metas[0].content = metas[1].content;
    doc.title = fresh.title;
    Idiomorph.morph(doc.body, [...fresh.body.childNodes], { ...rules, morphStyle: "innerHTML" });
    if (old) send(["leave", old]);
    start();
    join();
    emit(doc, "page", {});
  };
  const reload = () => {
    const wait = Math.max(0, visitedAt + 5000 - Date.now());
    visitedAt = Date.now() + wait;
    setTimeout(() => visit(location.href, "replace"), wait);
  };

  // -- forms ------------------------------------------------------------------------------------------------------
  // Attributes, not properties: a field named `action` or `method` hides those of its form.
  const wishOf = (form, name) => (form.getAttribute(name) || "").toLowerCase();
  const target = (form, submitter) =>
    new URL((submitter && submitter.getAttribute("formaction")) || form.getAttribute("action") || "", doc.baseURI);
  const formUrl = (form, submitter) => {
    const url = target(form, submitter);
    url.search = new URLSearchParams(new FormData(form, submitter));
    return url;
  };
  const complain = (form, text, errors) => {
    for (const { field, message } of errors) {
      const named = form.elements.namedItem(field), input = named && (named.length && named.nodeName !== "SELECT" ? named[0] : named);
      if (!input) continue;
      input.setAttribute("aria-invalid", "true");
      input.insertAdjacentElement("afterend", note(message));
      text = "";
    }
    if (text) form.append(note(text));
  };
  const note = (text) => {
    const place = doc.createElement("output");
    place.className = "live-error";
    place.setAttribute("role", "alert");
    place.textContent = text;
    return place;
  };
  const submit = async (form, submitter) => {
    const buttons = [...form.elements].filter((e) => e.type === "submit" && !e.disabled);
    const fields = new FormData(form, submitter), sent = new Map([...regions.values()].map((r) => [r, r.digest]));
    const held = [...sent].map(([r, digest]) => r.id + "=" + digest);
    form.querySelectorAll(".live-error").forEach((n) => n.remove());
    form.querySelectorAll("[aria-invalid]").forEach((n) => n.removeAttribute("aria-invalid"));
    buttons.forEach((b) => (b.disabled = true));
    form.classList.add("live-busy");
    try {
      const answer = await fetch(target(form, submitter), {
        method: "POST",
        body: wishOf(form, "enctype") === "multipart/form-data" ? fields : new URLSearchParams(fields),
        headers: { accept: "application/json", "sennit-live": [token || "-", ...held].join(" ") },
      });
      const kind = answer.headers.get("content-type") || "";
      if (kind.startsWith("application/vnd.sennit.live")) {
        const { location: elsewhere, frames } = await answer.json();
        HTMLFormElement.prototype.reset.call(form);
        if (elsewhere) return location.assign(elsewhere);
        const have = [];
        for (const frame of frames) {
          const region = regions.get(frame[0]);
          if (frame[0] === "gone") onMessage(frame);
          else if (region && region.digest === sent.get(region)) {
            region.held = [];
            apply(region, frame);
            have.push([region.id, region.digest]);
          }
        }
        if (have.length) send(["have", have]);
      } else if (answer.ok) location.assign(answer.url);
      else {
        const problem = kind.includes("json") ? await answer.json() : {};
        complain(form, problem.detail || problem.title || answer.status + " " + answer.statusText, problem.errors || []);
      }
    } catch (error) {
      complain(form, "No connection: nothing was sent. Try again.", []);
    } finally {
      buttons.forEach((b) => (b.disabled = false));
      form.classList.remove("live-busy");
    }
  };
  doc.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.hasAttribute("live") || wishOf(form, "method") === "dialog") return;
    event.preventDefault();
    if (wishOf(form, "method") === "post") submit(form, event.submitter);
    else visit(formUrl(form, event.submitter), "push");
  });
  const waits = new WeakMap();
  doc.addEventListener("input", (event) => {
    const form = event.target.form, wish = form && !/post|dialog/.test(wishOf(form, "method")) && /^input\s*(\d*)/.exec(form.getAttribute("live") || "");
    if (!wish) return;
    clearTimeout(waits.get(form));
    waits.set(form, setTimeout(() => visit(formUrl(form), "filter"), +wish[1] || 0));
  });
  doc.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[live]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    event.preventDefault();
    visit(link.href, "push").then(() => scrollTo(0, 0));
  });
  addEventListener("popstate", (event) => event.state && event.state.sennit && visit(location.href));

  // -- <time live-ago> --------------------------------------------------------------------------------------------
  const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const words = new Intl.RelativeTimeFormat(root.lang || undefined, { numeric: "auto" });
  const agoIn = (where) =>
    where.querySelectorAll("time[live-ago]").forEach((time) => {
      const seconds = Math.min(0, Math.round((Date.parse(time.dateTime) - Date.now()) / 1000));
      const [unit, size] = UNITS.find(([, s]) => -seconds >= s) || UNITS[5], text = words.format(Math.round(seconds / size), unit);
      if (!time.title) time.title = new Date(time.dateTime).toLocaleString();
      if (time.textContent !== text) time.textContent = text;
    });
  setInterval(() => agoIn(doc), 30000);

  // -- around -----------------------------------------------------------------------------------------------------
  doc.addEventListener("visibilitychange", () => (doc.hidden ? send(["vis", 0]) : (send(["vis", 1]), connect())));
  for (const name of ["pointerout", "focusout", "selectionchange"]) doc.addEventListener(name, () => setTimeout(lookAtHeld));
  addEventListener("online", connect);
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", (event) => event.persisted && connect());
  window.sennit = { receive, visit, refresh: () => regions.forEach((r) => send(["need", r.id])), drop: hangUp, connect };
  start();
})();
