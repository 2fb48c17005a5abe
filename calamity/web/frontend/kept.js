// A form with data-send-later survives a lost connection. It is kept on this device, says so, and is
// sent once there is a connection, under the key with which it may have arrived already: the server
// takes a key in once. What the server refuses is shown with what was typed. Nothing outlives the
// sending, a sign-out, or a day.
import { dropDraft } from "./drafts.js";

const PREFIX = "kept:";
const DAY = 24 * 3600 * 1000;
const AGAIN = 15_000; // ms between tries while the browser believes that it is connected
const isAway = (status) => status >= 500 || status === 429;
const TOKEN = "_csrf_token";
const KEY = "idempotency_key";

const place = () => document.getElementById("kept");
const who = () => place().dataset.who;
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
// A link of one's own says whose it is; any other form goes only for who filled it in.
const isOurs = (item) => item.who === who() || /^\/f\//.test(item.action);

function all() {
  const found = [];
  try {
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(PREFIX)) continue;
      const item = JSON.parse(localStorage.getItem(name));
      if (!item || Date.now() - item.at > DAY) localStorage.removeItem(name);
      else if (isOurs(item)) found.push(item);
    }
  } catch { /* no storage, or not ours */ }
  return found.sort((one, other) => one.at - other.at);
}

const drop = (item) => { try { localStorage.removeItem(PREFIX + item.action); } catch { /* no storage */ } };
function save(item) {
  try { localStorage.setItem(PREFIX + item.action, JSON.stringify(item)); return true; } catch { return false; }
}

function itemOf(form, sent) {
  const entries = [...sent];
  const fields = entries.filter(([name, value]) => ![TOKEN, KEY].includes(name) && typeof value === "string");
  const action = new URL(form.action).pathname;
  const before = all().find((item) => item.action === action);
  // The same once more may have arrived: same key. Other words are another deed.
  const key = before && same(before.fields, fields) ? before.key : new Map(entries).get(KEY) || crypto.randomUUID();
  const typed = [...form.querySelectorAll("textarea, input[type=text]")].map((field) => field.value.trim()).filter(Boolean);
  return { action, fields, key, typed: typed.join(" / "), label: form.dataset.sendLater, draft: form.dataset.draft, page: location.pathname, who: who(), at: Date.now() };
}

async function send(item) {
  const token = JSON.parse(document.body.dataset.hxHeaders)["x-csrftoken"];
  const body = new URLSearchParams([...item.fields, [KEY, item.key], [TOKEN, token]]);
  let answer;
  try {
    answer = await fetch(item.action, { method: "POST", body, credentials: "same-origin", headers: { Accept: "text/html" } });
  } catch { return { state: "waits" }; }
  if (isAway(answer.status)) return { state: "waits" };
  if (answer.redirected) {
    const isOut = new URL(answer.url).pathname === place().dataset.signIn;
    return isOut ? { state: "signed-out" } : { state: "sent", url: answer.url };
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.getElementById("kept")?.dataset.who !== item.who) return { state: "signed-out" };
  const reasons = [...page.querySelectorAll("main .problems li, main [data-refusal] p, main .stamp ~ .lead")];
  return { state: "refused", reason: reasons.map((each) => each.textContent.trim()).join(" ") };
}

let busy = false;
async function flush() {
  if (busy) return;
  busy = true;
  try {
    for (const item of all().filter((each) => !each.refused)) {
      const { state, reason, url } = await send(item);
      if (state === "waits") break;
      const now = all().find((each) => each.action === item.action);
      if (!now || now.key !== item.key) continue;
      if (state === "signed-out") { save({ ...item, out: true }); break; }
      if (state === "refused") save({ ...item, refused: reason });
      else {
        drop(item);
        dropDraft(item.draft);
        if (location.pathname === item.page && item.draft) return location.assign(url);
        said.push(item.label);
        document.dispatchEvent(new Event("calamity:sent"));
      }
    }
  } finally {
    busy = false;
    show();
  }
}

const said = [];
function show() {
  const bar = place();
  const words = bar.dataset;
  const lines = all().map((item) => {
    const line = document.createElement("p");
    line.className = "kept wrap";
    const kind = item.refused ? words.refused : item.out ? words.signedOut : words.waits;
    line.append(text("b", kind), text("span", item.label));
    if (item.refused) {
      line.append(text("span", item.refused));
      if (item.typed) line.append(text("q", words.typed.replace("{text}", item.typed)));
    }
    if (item.refused || item.out) {
      const link = text("a", words.look);
      link.href = item.out ? `${words.signIn}?next=${encodeURIComponent(item.page)}` : item.page;
      line.append(link);
    }
    const button = text("button", words.drop);
    button.type = "button";
    button.className = "linklike";
    button.addEventListener("click", () => { drop(item); dropDraft(item.draft); show(); });
    line.append(button);
    return line;
  });
  if (said.length) {
    const line = text("p", `${words.sent} ${said.join(", ")}`);
    line.className = "kept wrap";
    lines.push(line);
  }
  const shown = lines.map((line) => line.textContent).join("\n");
  if (bar.dataset.shown !== shown) { bar.replaceChildren(...lines); bar.dataset.shown = shown; }
  bar.hidden = lines.length === 0;
}

function text(tag, words) {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}

async function submitted(event) {
  const form = event.target;
  if (form.getAttribute("action") === place().dataset.signOut && navigator.onLine) return empty();
  if (!form.matches("[data-send-later]:not([data-hx-post])") || event.defaultPrevented) return undefined;
  if (event.submitter?.formNoValidate || form.elements.gate?.value === "yes") return undefined;
  const item = itemOf(form, new FormData(form, event.submitter));
  if (!save(item)) return undefined; // Without storage the browser sends it as any form.
  event.preventDefault();
  busy = true;
  const { state, url } = await send(item);
  busy = false;
  if (state === "sent") {
    drop(item);
    dropDraft(item.draft);
    return location.assign(url);
  }
  if (state === "refused") {
    drop(item);
    // The server's own page about it, with what was typed.
    if (form.elements[KEY]) form.elements[KEY].value = item.key;
    return HTMLFormElement.prototype.submit.call(form);
  }
  if (state === "signed-out") save({ ...item, out: true });
  show();
  return form.dispatchEvent(new Event("calamity:release", { bubbles: true }));
}

function empty() {
  try {
    for (const name of Object.keys(localStorage)) if (/^(kept|draft):/.test(name)) localStorage.removeItem(name);
  } catch { /* no storage */ }
}

export function watchKept() {
  document.addEventListener("submit", submitted);
  const lost = (event) => {
    const { elt: form, xhr, requestConfig } = event.detail;
    if (!form.matches?.("form[data-send-later]") || (xhr.status && !isAway(xhr.status))) return;
    // What was sent, not what the form holds by now: the part may have been renewed since.
    if (save(itemOf(form, requestConfig.formData))) show();
  };
  for (const name of ["htmx:sendError", "htmx:responseError"]) document.addEventListener(name, lost);
  addEventListener("online", flush);
  addEventListener("storage", show);
  setInterval(() => { if (navigator.onLine && all().some((item) => !item.refused && !item.out)) flush(); }, AGAIN);
  show();
  flush();
}
