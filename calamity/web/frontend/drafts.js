// What a person typed is never lost: it is kept on this device until the server has it, for a day
// at most. A form with data-send-later is sent as soon as there is a connection, with the same key,
// so that it counts once.

const DAY = 24 * 3600 * 1000;
const PREFIX = "draft:";
const SECRET = new Set(["_csrf_token"]);

const read = (name) => {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + name));
    return kept && Date.now() - kept.at < DAY ? kept : null;
  } catch { return null; }
};
const drop = (name) => { try { localStorage.removeItem(PREFIX + name); } catch { /* no storage */ } };
const write = (name, fields, pending) => {
  try { localStorage.setItem(PREFIX + name, JSON.stringify({ at: Date.now(), fields, pending })); } catch { /* no storage */ }
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
  for (const done of document.querySelectorAll("[data-draft-clear]")) drop(done.dataset.draftClear);
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
      if (form.elements.gate?.value === "yes") drop(name);
      else write(name, fieldsOf(form), false);
    });
    form.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) drop(name); });
    if (form.hasAttribute("data-send-later")) {
      sendLater(form, name, say);
      if (kept?.pending && navigator.onLine) form.requestSubmit();
    } else if (!form.hasAttribute("data-hx-post")) {
      // A page that comes back with mistakes shows the values itself.
      form.addEventListener("submit", () => { if (navigator.onLine) drop(name); });
    }
  }
}

function sendLater(form, name, say) {
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.formNoValidate || event.defaultPrevented) return;
    event.preventDefault();
    write(name, fieldsOf(form), true);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams([...new FormData(form)]), credentials: "same-origin", headers: { Accept: "text/html" } });
      if (answer.status >= 500) throw new Error(String(answer.status));
      if (answer.redirected) {
        drop(name);
        location.assign(answer.url);
        return;
      }
      write(name, fieldsOf(form), false);
      // Mistakes in the form: let the browser show the server's own page about them.
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      say(form.dataset.kept);
      form.dispatchEvent(new Event("calamity:release", { bubbles: true }));
      addEventListener("online", () => form.requestSubmit(), { once: true });
    }
  });
}
