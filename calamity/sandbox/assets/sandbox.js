// The phones stay true by asking each second what has changed. Without this file every form still
// works; with it, phones open beside each other and answer without leaving the page.

const words = document.body.dataset;
const grid = document.getElementById("phones");
const lines = document.getElementById("lines");
const notice = document.getElementById("notice");
const MOST_BY_THEMSELVES = 8;
const seen = new Map();
let version = Number(words.version);
let timer = 0;

document.documentElement.classList.add("is-scripted");
for (const part of document.querySelectorAll(".unscripted")) part.hidden = true;
for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
if (!lines) for (const button of document.querySelectorAll(".close")) button.hidden = true;

const card = (number) => grid.querySelector(`.phone[data-number="${CSS.escape(number)}"]`);
const lineOf = (number) => lines?.querySelector(`li[data-number="${CSS.escape(number)}"]`);
const openNumbers = () => [...grid.querySelectorAll(".phone")].map((one) => one.dataset.number);

function say(text, seconds = 4) {
  notice.textContent = text;
  clearTimeout(timer);
  if (seconds) timer = setTimeout(() => (notice.textContent = ""), seconds * 1000);
}

function toBottom(article) {
  const conversation = article.querySelector(".conversation");
  conversation.scrollTop = conversation.scrollHeight;
}

function remember() {
  if (!lines) return;
  const address = new URL(location.href);
  address.searchParams.delete("open");
  for (const number of openNumbers()) address.searchParams.append("open", number);
  history.replaceState(null, "", address);
  document.getElementById("none-open").hidden = openNumbers().length > 0;
  for (const item of lines.children) {
    const isOpen = card(item.dataset.number) !== null;
    item.classList.toggle("is-open", isOpen);
    if (isOpen) markSeen(item.dataset.number);
  }
}

function markSeen(number) {
  const item = lineOf(number);
  if (!item) return;
  seen.set(number, Number(item.dataset.received));
  showFresh(item);
}

function showFresh(item) {
  const count = Number(item.dataset.received) - (seen.get(item.dataset.number) ?? 0);
  const badge = item.querySelector(".fresh-badge");
  badge.hidden = count <= 0;
  badge.textContent = `${count} ${words.wordNew}`;
}

async function openPhone(number, { focus = false, first = true } = {}) {
  let article = card(number);
  if (!article) {
    const answer = await fetch(`/cards/${encodeURIComponent(number)}?lang=${words.lang}`);
    if (!answer.ok || card(number)) return;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    article = holder.content.firstElementChild;
    prepare(article);
    if (first) grid.prepend(article);
    else grid.insertBefore(article, document.getElementById("none-open"));
    toBottom(article);
    remember();
  }
  if (focus) {
    article.scrollIntoView({ block: "nearest" });
    (article.querySelector(".of-call button") ?? article.querySelector('input[name="body"]') ?? article.querySelector(".conversation")).focus();
  }
}

function closePhone(article) {
  const next = article.nextElementSibling?.matches(".phone") ? article.nextElementSibling : article.previousElementSibling;
  article.remove();
  remember();
  (next?.querySelector(".close") ?? document.getElementById("q")).focus();
}

function prepare(root) {
  for (const part of root.querySelectorAll(".unscripted")) part.hidden = true;
  for (const part of root.querySelectorAll(".scripted")) part.hidden = !lines;
}

function setFresh(article, isFresh) {
  article.classList.toggle("fresh", isFresh);
  article.querySelector("h2 .fresh-badge").hidden = !isFresh;
}

function replacePart(article, name, html) {
  const part = article.querySelector(`.part-${name}`);
  const holder = document.createElement("div");
  holder.innerHTML = html;
  prepare(holder);
  if (name === "reply") keepReply(part, holder);
  // What looks the same stays: a press on a button must not lose its button halfway.
  if (part.innerHTML.trim() === holder.innerHTML.trim()) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  // Nothing may change under the fingers of someone who is choosing.
  if (focused?.matches("select")) return;
  const field = focused?.getAttribute("name");
  if (name === "call") keepCall(part, holder);
  part.replaceChildren(...holder.childNodes);
  const said = part.querySelector(".said");
  if (said) said.scrollTop = said.scrollHeight;
  if (focused?.matches(".conversation")) part.querySelector(".conversation").focus();
  else if (field) part.querySelector(`[name="${field}"]:is(input, button)[value="${CSS.escape(focused.value)}"], input[name="${field}"]`)?.focus();
}

function keepCall(part, fresh) {
  const typed = part.querySelector('input[type="text"]')?.value;
  const field = fresh.querySelector('input[type="text"]');
  if (field && typed) field.value = typed;
  const details = fresh.querySelector("details");
  if (details) details.open = Boolean(part.querySelector("details")?.open);
}

function keepReply(part, fresh) {
  const typed = part.querySelector('input[name="body"]')?.value;
  const field = fresh.querySelector('input[name="body"]');
  if (field && typed) field.value = typed;
  const opened = part.querySelector("details")?.open;
  const details = fresh.querySelector("details");
  if (details) details.open = Boolean(opened);
}

function updateCard(article, phone) {
  const conversation = article.querySelector(".conversation");
  const wasDown = conversation.scrollHeight - conversation.scrollTop - conversation.clientHeight < 60;
  const top = conversation.scrollTop;
  for (const name of ["call", "conversation", "reply", "state"]) {
    if (phone[name] !== undefined) replacePart(article, name, phone[name]);
  }
  if (wasDown) toBottom(article);
  else article.querySelector(".conversation").scrollTop = top;
  if (phone.received > Number(article.dataset.received)) setFresh(article, true);
  article.dataset.received = phone.received;
}

function updateLine(phone) {
  if (!lines) return;
  const holder = document.createElement("template");
  holder.innerHTML = phone.line;
  const fresh = holder.content.firstElementChild;
  const old = lineOf(phone.number);
  const hadFocus = old?.contains(document.activeElement);
  const before = old ? Number(old.dataset.moment) : 0;
  if (old && phone.moment === before) old.replaceWith(fresh);
  else {
    old?.remove();
    const after = [...lines.children].find((item) => Number(item.dataset.moment) <= phone.moment);
    lines.insertBefore(fresh, after ?? null);
  }
  fresh.classList.toggle("is-open", card(phone.number) !== null);
  if (card(phone.number)) markSeen(phone.number);
  else showFresh(fresh);
  if (hadFocus) fresh.querySelector("a").focus();
  filterLine(fresh);
  if (phone.moment > before && !card(phone.number)) openByItself(phone.number);
}

function openByItself(number) {
  const wanted = document.getElementById("auto-open").checked;
  if (!wanted || openNumbers().length >= MOST_BY_THEMSELVES) return;
  // What someone is pointing at or typing in stays where it is.
  const isBusy = grid.matches(":hover") || grid.contains(document.activeElement);
  openPhone(number, { first: !isBusy });
}

function filterLine(item) {
  const wanted = document.getElementById("q").value.toLowerCase().split(/\s+/);
  item.hidden = !wanted.every((word) => item.dataset.words.includes(word));
}

function filterLines() {
  for (const item of lines.children) filterLine(item);
  document.getElementById("none-found").hidden = [...lines.children].some((item) => !item.hidden);
}

async function ask() {
  const asked = new URLSearchParams({ since: version, lang: words.lang });
  for (const number of openNumbers()) asked.append("open", number);
  try {
    const answer = await fetch(`/changes?${asked}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const changes = await answer.json();
    if (notice.textContent === words.wordOffline) say("", 0);
    version = changes.version;
    for (const phone of changes.phones) {
      const article = card(phone.number);
      if (article) updateCard(article, phone);
      updateLine(phone);
    }
    const standing = document.getElementById("standing");
    if (standing) {
      standing.textContent = changes.standing;
      standing.hidden = !changes.standing;
    }
    const total = document.getElementById("total");
    if (total) total.textContent = words.wordFound.replace("{total}", changes.total);
    const empty = document.getElementById("none-found");
    if (empty && changes.phones.length) filterLines();
  } catch {
    say(words.wordOffline, 0);
  }
}

let asking = null;
function askOnce() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function command(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => null);
  if (answer?.ok) return true;
  const reason = answer ? (await answer.json().catch(() => ({}))).detail : null;
  say(reason ? words.wordFailed.replace("{reason}", reason) : words.wordOffline);
  return false;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const article = form.closest(".phone");
  if (!article || form.matches(".state")) return;
  event.preventDefault();
  if (form.matches(".of-call")) return takeCall(article, form, event.submitter);
  const field = form.querySelector('input[name="body"]');
  const body = event.submitter?.name === "body" ? event.submitter.value : field?.value;
  if (!body) return field?.focus();
  const to = article.querySelector('.reply [name="to"]').value;
  const number = encodeURIComponent(article.dataset.number);
  setFresh(article, false);
  if (await command(`/sandbox/phones/${number}/texts`, { body, to })) {
    if (field) field.value = "";
    await askOnce();
    toBottom(article);
  }
});

async function takeCall(article, form, button) {
  const data = new FormData(form, button);
  const deed = { deed: data.get("deed"), words: data.get("words") ?? "" };
  if (deed.deed === "say" && !deed.words) return form.querySelector("input[type=text]").focus();
  const typed = form.querySelector('input[type="text"]');
  setFresh(article, false);
  if (await command(`/sandbox/calls/${form.action.split("/").at(-1)}`, deed)) {
    if (typed) typed.value = "";
    await askOnce();
  }
}

document.addEventListener("change", async (event) => {
  const article = event.target.closest(".phone");
  if (article && event.target.name === "state") {
    const number = encodeURIComponent(article.dataset.number);
    await command(`/sandbox/phones/${number}/state`, { state: event.target.value });
    event.target.blur();
    await askOnce();
    article.querySelector('[name="state"]').focus();
  } else if (event.target.id === "tempo") {
    const speed = Number(event.target.value);
    await command("/sandbox/clock", speed ? { speed, paused: false } : { paused: true });
  }
});

document.addEventListener("click", (event) => {
  const close = event.target.closest(".close");
  if (close) return closePhone(close.closest(".phone"));
  const link = event.target.closest("#lines a");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    openPhone(link.closest("li").dataset.number, { focus: true });
  }
});

for (const kind of ["click", "focusin"]) {
  grid.addEventListener(kind, (event) => {
    const article = event.target.closest(".phone");
    if (article) setFresh(article, false);
  });
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, select, textarea");
  const key = event.target.closest(".phone")?.querySelector(`.keypad [value="${CSS.escape(event.key)}"]`);
  if (key && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) return key.click();
  if (event.altKey && ["ArrowLeft", "ArrowRight"].includes(event.key) && lines) {
    const open = [...grid.querySelectorAll(".phone")];
    const step = event.key === "ArrowRight" ? 1 : -1;
    const here = open.indexOf(event.target.closest(".phone"));
    const next = open[here < 0 ? 0 : (here + step + open.length) % open.length];
    if (next) {
      event.preventDefault();
      openPhone(next.dataset.number, { focus: true });
    }
  }
  if (event.key === "/" && !isTyping && lines) {
    event.preventDefault();
    document.getElementById("q").focus();
  }
  if (event.key === "Escape" && lines && !event.target.matches("select")) {
    const article = event.target.closest(".phone");
    if (article) closePhone(article);
  }
  if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.closest("#lines")) {
    event.preventDefault();
    const links = [...lines.querySelectorAll("li:not([hidden]) a")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    links[links.indexOf(event.target.closest("a")) + step]?.focus();
  }
});

async function showTempo() {
  const tempo = document.getElementById("tempo");
  if (!tempo) return;
  const health = await (await fetch("/sandbox/health")).json();
  const speed = health.clock.paused ? "0" : String(health.clock.speed);
  if (![...tempo.options].some((option) => option.value === speed)) {
    tempo.add(new Option(`× ${speed}`, speed));
  }
  tempo.value = speed;
}

for (const article of grid.querySelectorAll(".phone")) toBottom(article);
if (lines) {
  for (const item of lines.children) seen.set(item.dataset.number, Number(item.dataset.received));
  document.getElementById("q").addEventListener("input", filterLines);
  if (matchMedia("(max-width: 52rem)").matches) document.querySelector(".directory").open = false;
  remember();
  showTempo().catch(() => {});
}
setInterval(askOnce, 1000);
