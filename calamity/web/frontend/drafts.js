// What a person types is never lost: it is kept on this device until the server has it, for a day
// at most. Sending it later is another matter: kept.js.

const DAY = 24 * 3600 * 1000;
const PREFIX = "draft:";
const SECRET = new Set(["_csrf_token", "idempotency_key"]);

const read = (name) => {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + name));
    return kept && Date.now() - kept.at < DAY ? kept : null;
  } catch { return null; }
};
export const dropDraft = (name) => { try { localStorage.removeItem(PREFIX + name); } catch { /* no storage */ } };
const write = (name, fields) => {
  try { localStorage.setItem(PREFIX + name, JSON.stringify({ at: Date.now(), fields })); } catch { /* no storage */ }
};
const fieldsOf = (form) => [...new FormData(form)].filter(([name, value]) => !SECRET.has(name) && typeof value === "string");

function restore(form, fields) {
  for (const field of form.elements) {
    if (!field.name || SECRET.has(field.name)) continue;
    const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (values.length && field.type !== "file") field.value = values[0];
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

export function watchDrafts() {
  for (const done of document.querySelectorAll("[data-draft-clear]")) dropDraft(done.dataset.draftClear);
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && !read(key.slice(PREFIX.length))) localStorage.removeItem(key);
    }
  } catch { /* no storage */ }

  for (const form of document.querySelectorAll("form[data-draft]")) {
    const name = form.dataset.draft;
    const kept = read(name);
    const words = form.querySelector("[data-draft-words]");
    const say = (text) => { if (words) { words.textContent = text; words.hidden = false; } };
    if (kept && !document.querySelector(".problems")) {
      restore(form, kept.fields);
      if (form.dataset.restored) say(form.dataset.restored);
    }
    form.addEventListener("input", () => {
      // Direct danger: nothing of it is kept, here neither.
      if (form.elements.gate?.value === "yes") dropDraft(name);
      else write(name, fieldsOf(form));
    });
    form.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) dropDraft(name); });
    if (!form.hasAttribute("data-send-later") && !form.hasAttribute("data-hx-post")) {
      // A page that comes back with mistakes shows the values itself.
      form.addEventListener("submit", () => { if (navigator.onLine) dropDraft(name); });
    }
  }
}
