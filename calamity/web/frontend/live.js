// Keeps a page true. The stream says that something happened; the parts that show it are fetched
// again, as the very HTML that the server would paint first. So nothing can drift apart.

const QUIET = 300; // ms without news before parts are fetched
const AT_MOST = 1000; // ms that news may wait
const SILENCE = 45_000; // ms without any sign of life, once the server has shown that it gives them
const SLEEP = 20_000; // a timer that comes this much too late: the device slept
const clock = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "nl-NL", {
  timeZone: document.documentElement.dataset.zone, hour: "2-digit", minute: "2-digit",
});
const clockWords = (date) => document.documentElement.lang === "en" ? clock.format(date) : `${clock.format(date).replace(":", ".")} uur`;

export function followStream(renew) {
  const main = document.querySelector("main[data-stream]");
  const parts = () => [...document.querySelectorAll("[data-live]")];
  let source = null;
  let last = Number(main?.dataset.streamAfter ?? 0);
  let lostSince = null;
  let beats = false;
  let alive = Date.now();
  let attempt = 0;
  let waiting = null;
  const dirty = new Set();
  // What is on the page is what the server says: others on the page want to know when that was.
  const heard = () => { alive = Date.now(); if (!dirty.size) document.dispatchEvent(new Event("calamity:heard")); };
  let dirtySince = 0;
  let timer = null;

  function open() {
    source?.close();
    if (!main) return;
    source = new EventSource(`${main.dataset.stream}?after=${last}`);
    source.onopen = () => {
      attempt = 0;
      alive = Date.now();
      if (lostSince) refresh();
    };
    source.onerror = () => {
      lost();
      // Closed for good: perhaps the session ended. The parts tell; the stream itself cannot.
      if (source.readyState === EventSource.CLOSED) { again(); refresh(); }
    };
    source.addEventListener("beat", () => { beats = true; heard(); });
    for (const name of ["message", "entry"]) source.addEventListener(name, arrived);
  }

  function again() {
    clearTimeout(waiting);
    waiting = setTimeout(open, Math.min(15_000, 1000 * 2 ** attempt) * (0.7 + Math.random() * 0.6));
    attempt += 1;
  }

  function arrived(event) {
    alive = Date.now();
    // A frame without an id says "something changed"; the browser repeats the last id with it.
    const sequence = event.type === "message" ? 0 : Number(event.lastEventId);
    if (sequence && sequence <= last) return;
    if (sequence) last = sequence;
    for (const part of parts()) dirty.add(part.dataset.live);
    dirtySince ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(flush, Math.max(0, Math.min(QUIET, dirtySince + AT_MOST - Date.now())));
  }

  function flush() {
    dirtySince = 0;
    const names = [...dirty];
    dirty.clear();
    const places = new Map();
    for (const part of parts()) {
      if (!names.includes(part.dataset.live)) continue;
      const place = part.dataset.liveUrl.replace(/[^/]*$/, "");
      places.set(place, [...(places.get(place) ?? []), part]);
    }
    return Promise.all([...places].map(([place, together]) => fetchParts(place, together)));
  }

  // Some things change by the clock alone: the part says when, and is fetched again then.
  const alarms = new Map();
  function setAlarms() {
    for (const part of parts()) {
      if (part.dataset.liveSet) continue; // goes with the next renewal, which begins anew
      part.dataset.liveSet = "yes";
      clearTimeout(alarms.get(part.dataset.live));
      if (!part.dataset.liveIn) continue;
      alarms.set(part.dataset.live, setTimeout(() => {
        dirty.add(part.dataset.live);
        flush();
      }, part.dataset.liveIn * 1000));
    }
  }

  function refresh() {
    for (const part of parts()) dirty.add(part.dataset.live);
    return flush();
  }

  // Parts of one page come together: the server reads what they share once.
  async function fetchParts(place, together) {
    const names = together.map((part) => part.dataset.live);
    try {
      const url = place + together.map((part) => part.dataset.liveUrl.slice(place.length)).join(",");
      const answer = await fetch(url, { credentials: "same-origin" });
      const html = await answer.text();
      const isOurs = names.every((name) => html.includes(`data-live="${name}"`));
      if (answer.status === 401 || answer.status === 403 || (answer.ok && !isOurs)) return signedOut();
      // One of them may be no more, which says nothing of the others.
      if (answer.status === 404 && names.length > 1) return Promise.all(together.map((part) => fetchParts(place, [part])));
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = document.createElement("template");
      fresh.innerHTML = html;
      for (const part of together) {
        const known = new Set([...part.querySelectorAll("[data-entry]")].map((entry) => entry.id));
        renew(part, fresh.content.querySelector(`[data-live="${part.dataset.live}"]`).outerHTML);
        markNew(document.getElementById(part.id), known);
      }
      found();
      heard();
    } catch {
      lost();
      for (const name of names) dirty.add(name);
    }
    return undefined;
  }

  function markNew(part, known) {
    if (!part || known.size === 0) return;
    const fresh = [...part.querySelectorAll("[data-entry]")].filter((entry) => !known.has(entry.id));
    for (const entry of fresh) entry.classList.add("is-new");
    const news = document.getElementById("news");
    const title = part.querySelector("h1, h2")?.textContent.trim();
    if (fresh.length && news) news.textContent = news.dataset.one.replace("{part}", `${title} (${fresh.length})`);
  }

  const bar = document.getElementById("connection");
  function say(words, kind) {
    bar.hidden = false;
    bar.dataset.kind = kind;
    const line = bar.querySelector("p");
    if (line.textContent !== words) line.textContent = words;
  }
  function lost() {
    if (bar.dataset.kind === "signed-out") return;
    lostSince ??= new Date(alive);
    say(bar.dataset.lost.replace("{time}", clockWords(lostSince)), "lost");
  }
  function found() {
    if (!lostSince || (main && source?.readyState !== EventSource.OPEN)) return;
    lostSince = null;
    say(bar.dataset.back, "back");
    setTimeout(() => { if (bar.dataset.kind === "back") bar.hidden = true; }, 4000);
  }
  function signedOut() {
    source?.close();
    clearTimeout(waiting);
    say(`${bar.dataset.signedOut} `, "signed-out");
    const link = document.createElement("a");
    link.href = `${bar.dataset.signIn}?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = bar.dataset.signInWords;
    bar.querySelector("p").append(link);
    document.dispatchEvent(new CustomEvent("calamity:signed-out", { detail: link.href }));
  }

  function wake() {
    if (bar.dataset.kind === "signed-out") return;
    attempt = 0;
    clearTimeout(waiting);
    open();
    if (parts().length) refresh();
  }

  if (!main && parts().length === 0) return;
  document.addEventListener("calamity:renewed", setAlarms);
  setAlarms();
  open();
  let tick = Date.now();
  setInterval(() => {
    const now = Date.now();
    const slept = now - tick > SLEEP;
    tick = now;
    if (slept) wake();
    else if (main && beats && now - alive > SILENCE) { lost(); open(); alive = now; }
    else if (dirty.size && !timer) flush();
    else if (lostSince && dirty.size) flush();
    lookAgainWhenDue(now);
    tickTimes();
  }, 5000);
  // A promised time passes without any news: the part that shows it says so once it is asked anew.
  function lookAgainWhenDue(now) {
    const due = parts().filter((part) => part.dataset.liveDue && now - new Date(part.dataset.liveDue) > 2000);
    if (!due.length) return;
    for (const part of due) { delete part.dataset.liveDue; dirty.add(part.dataset.live); }
    flush();
  }
  addEventListener("online", wake);
  document.addEventListener("calamity:sent", refresh);
  addEventListener("offline", lost);
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  addEventListener("pagehide", () => source?.close());
  // Without a stream (the inbox) the page looks again every half minute.
  if (!main) setInterval(() => { if (!document.hidden) refresh(); }, 30_000);
}

// "21.19 uur (over 6 min)": the time itself never moves, the rest is renewed once a minute.
export function tickTimes() {
  const english = document.documentElement.lang === "en";
  for (const time of document.querySelectorAll("time[data-until]")) {
    const minutes = Math.round((new Date(time.dataset.until) - Date.now()) / 60_000);
    let words = "";
    if (minutes >= 1 && minutes < 90) words = english ? `in ${minutes} min` : `over ${minutes} min`;
    else if (minutes <= -1 && minutes > -90) words = english ? `${-minutes} min ago` : `${-minutes} min geleden`;
    else if (minutes === 0) words = english ? "now" : "nu";
    let rest = time.nextElementSibling;
    if (!rest?.matches(".until")) {
      if (!words) continue;
      rest = document.createElement("span");
      rest.className = "until";
      time.after(rest);
    }
    const text = words ? ` (${words})` : "";
    if (rest.textContent !== text) rest.textContent = text;
  }
}
