// Tells of what needs a person now, with consent: a tone, a message of the browser, a number in the
// title. The parts of the page carry what is urgent as keys; only keys that are new are told, and of
// several tabs one tells. The choice is kept in this browser, and so is what was told.

const CHOICE = "calamity-signals";
const TOLD = "calamity-told";
const KEPT = 3_600_000; // ms after which the same key is news again
const TONES = { calm: [523, 659], loud: [784, 659, 784] }; // Hz
const NOTE = 0.28; // s

const kept = (name) => { try { return JSON.parse(localStorage.getItem(name)) ?? {}; } catch { return {}; } };
const keep = (name, value) => { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* a full store loses a choice, no more */ } };
const present = () => new Set([...document.querySelectorAll("[data-urgent]")].flatMap((part) => part.dataset.urgent.split(" ").filter(Boolean)));

let sound = null;

// A browser lets a page sound only after somebody pressed something on it.
function readySound() {
  if (!navigator.userActivation?.hasBeenActive) return;
  sound ??= new AudioContext();
  sound.resume();
}

function play(notes, level) {
  notes.forEach((pitch, index) => {
    const begin = sound.currentTime + index * NOTE;
    const tone = new OscillatorNode(sound, { frequency: pitch });
    const volume = new GainNode(sound, { gain: 0 });
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(level, begin + 0.04);
    volume.gain.linearRampToValueAtTime(0, begin + NOTE);
    tone.connect(volume).connect(sound.destination);
    tone.start(begin);
    tone.stop(begin + NOTE);
  });
}

// Chrome on Android lets only a worker show messages. It is there for nothing else, and only while
// somebody wants messages; a browser without one lets the page itself show them.
let worker = null;
async function startWorker(address) {
  try {
    await navigator.serviceWorker.register(address);
    return await navigator.serviceWorker.ready;
  } catch { return null; }
}
async function stopWorker() {
  worker = null;
  for (const each of (await navigator.serviceWorker?.getRegistrations().catch(() => [])) ?? []) each.unregister();
}

async function show(words, address) {
  worker ??= startWorker(address);
  const registration = await worker;
  const options = { tag: words, lang: document.documentElement.lang };
  if (registration) return registration.showNotification(words, { ...options, data: location.pathname });
  const notice = new Notification(words, options);
  notice.onclick = () => { window.focus(); notice.close(); };
}

// Of each way to tell, the first tab that can takes the keys; what another took is told already.
function claim(way, keys) {
  const take = () => {
    const now = Date.now();
    const told = Object.fromEntries(Object.entries(kept(TOLD)).filter(([, at]) => now - at < KEPT));
    const mine = keys.filter((key) => !(`${way} ${key}` in told));
    for (const key of keys) told[`${way} ${key}`] = now;
    keep(TOLD, told);
    return mine;
  };
  return navigator.locks ? navigator.locks.request(TOLD, take) : take();
}

export function watchSignals(root) {
  const words = JSON.parse(root.querySelector("[data-signals-words]").textContent);
  const find = (name) => root.querySelector(`[data-signals-${name}]`);
  const status = find("status");
  const address = root.dataset.signalsWorker;
  const title = document.title;
  let known = present();

  const ways = {
    sound: { can: () => sound?.state === "running", tell: (kinds) => (kinds.some((kind) => words.kinds[kind][1]) ? play(TONES.loud, 0.3) : play(TONES.calm, 0.2)) },
    notice: { can: () => window.Notification?.permission === "granted", tell: (kinds) => show(kinds.length > 1 ? words.many : words.kinds[kinds[0]][0], address) },
  };
  const chosen = (choice) => Object.keys(ways).filter((way) => choice[way]);
  const say = (name) => { status.textContent = name ? status.dataset[name] : ""; };

  async function look() {
    const choice = kept(CHOICE);
    const now = present();
    const fresh = [...now].filter((key) => !known.has(key));
    known = now;
    document.title = choice.count && !choice.muted && now.size ? `(${now.size}) ${title}` : title;
    if (fresh.length === 0 || choice.muted) return;
    for (const way of chosen(choice)) {
      if (!ways[way].can()) continue;
      const kinds = (await claim(way, fresh)).map((key) => key.split(":", 1)[0]);
      if (kinds.length) ways[way].tell([...new Set(kinds)]);
    }
  }

  function paint() {
    const choice = kept(CHOICE);
    const any = choice.sound || choice.notice || choice.count;
    root.hidden = false;
    for (const box of root.querySelectorAll("[data-signals-way]")) box.checked = Boolean(choice[box.dataset.signalsWay]);
    if (find("offer")) find("offer").hidden = Boolean(any || choice.declined);
    find("state").hidden = !any;
    const button = find("mute");
    button.textContent = choice.muted ? button.dataset.off : button.dataset.on;
    if (find("try")) find("try").disabled = !choice.sound && !choice.notice;
    say(choice.sound && !choice.muted && !navigator.userActivation?.hasBeenActive ? "waiting" : "");
  }

  function change(changes) {
    keep(CHOICE, { ...kept(CHOICE), ...changes });
    if (changes.notice === false) stopWorker();
    paint();
    look();
  }

  // The browser asks the person; a first message shows what they look like, and that it can.
  async function allowNotices() {
    if (!window.Notification || (await Notification.requestPermission()) !== "granted") return "blocked";
    try { await show(status.dataset.trial, address); } catch { return "unable"; }
    return "";
  }

  async function allow(choice) {
    const wrong = choice.notice ? await allowNotices() : "";
    change({ ...choice, muted: false, ...(wrong && { notice: false }) });
    if (choice.sound) { readySound(); play(TONES.calm, 0.2); }
    say(wrong);
  }

  find("accept")?.addEventListener("click", () => allow({ sound: true, notice: true, count: true }));
  find("decline")?.addEventListener("click", () => change({ declined: true }));
  find("mute").addEventListener("click", () => change({ muted: !kept(CHOICE).muted }));
  find("try")?.addEventListener("click", () => {
    const choice = kept(CHOICE);
    readySound();
    if (choice.sound) play(TONES.loud, 0.3);
    if (choice.notice && ways.notice.can()) show(status.dataset.trial, address);
    say("tried");
  });
  for (const box of root.querySelectorAll("[data-signals-way]")) {
    box.addEventListener("change", () => (box.checked ? allow({ [box.dataset.signalsWay]: true }) : change({ [box.dataset.signalsWay]: false })));
  }
  for (const press of ["pointerdown", "keydown"]) {
    addEventListener(press, () => { if (kept(CHOICE).sound && !sound) { readySound(); if (sound) say(""); } });
  }
  addEventListener("storage", (event) => { if (event.key === CHOICE) { worker = null; paint(); look(); } });
  document.addEventListener("calamity:renewed", look);
  if (kept(CHOICE).notice && ways.notice.can()) worker ??= startWorker(address);
  paint();
  look();
  // What this page shows when it opens needs no telling, by this tab or another.
  for (const way of chosen(kept(CHOICE))) claim(way, [...known]);
}
