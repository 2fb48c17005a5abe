// The studio: the outline and the form follow the source, and the source follows the form. What is
// in the editor is the document; the server checks it at each change and says what to show.
import { EditorView } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { Annotation, EditorState } from "@codemirror/state";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { autocompletion } from "@codemirror/autocomplete";
import { tags } from "@lezer/highlight";
import { completions } from "./completions.js";

const FROM_SERVER = Annotation.define();
const LOOK_MS = 250;
const SAVE_MS = 1200;
const RETRY_MS = 5000;

const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: "tok-name" },
  { tag: [tags.string, tags.content], class: "tok-words" },
  { tag: [tags.comment, tags.lineComment], class: "tok-comment" },
  { tag: [tags.punctuation, tags.separator, tags.brace, tags.squareBracket, tags.meta], class: "tok-sign" },
]));

// The editor brings its styles by itself, outside our layers: only a theme of its own goes before.
const looks = EditorView.theme({
  "&": { border: "1px solid var(--line-strong)", borderRadius: "6px", background: "var(--surface)", color: "var(--ink)", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "3px solid var(--focus)" },
  ".cm-scroller": { minHeight: "20rem", maxHeight: "60vh", fontFamily: "ui-monospace, 'DejaVu Sans Mono', monospace" },
  ".cm-gutters": { background: "var(--paper)", color: "var(--quiet)", borderColor: "var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "transparent" },
  ".cm-activeLineGutter": { color: "var(--ink)", fontWeight: "700" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-foldPlaceholder": { background: "var(--accent-soft)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-tooltip, .cm-panels": { background: "var(--surface)", color: "var(--ink)", border: "1px solid var(--line-strong)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-fill)", color: "var(--accent-fill-ink)" },
});

export function openStudio(place, renew) {
  const path = place.dataset.studio;
  const text = document.querySelector("#studio-source");
  const plain = document.querySelector("#studio-plain");
  const holder = document.querySelector("#studio-editor");
  const saved = document.querySelector("#studio-saved");
  const problem = document.querySelector("#studio-problem");
  const elsewhere = document.querySelector("#studio-told");
  const clashPlace = document.querySelector("#studio-clash-place");
  const state = {
    revision: Number(place.dataset.revision), base: text.defaultValue, part: currentPart(),
    names: {}, language: null, faults: [], looking: 0, saving: false, clash: null, said: saved.textContent,
  };
  const token = JSON.parse(document.body.dataset.hxHeaders)["x-csrftoken"];
  let lookTimer, saveTimer;

  const editor = new EditorView({
    parent: holder,
    state: EditorState.create({
      doc: text.value,
      extensions: [
        EditorView.cspNonce.of(place.dataset.nonce),
        basicSetup, looks, yaml(), colours, lintGutter(), EditorView.lineWrapping,
        autocompletion({ override: [(context) => completions(context, state)] }),
        EditorView.contentAttributes.of({ "aria-label": place.dataset.sayLabel, spellcheck: "false", tabindex: "0" }),
        EditorView.darkTheme.of(matchMedia("(prefers-color-scheme: dark)").matches),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          changed();
          if (!update.transactions.some((each) => each.annotation(FROM_SERVER))) later();
        }),
      ],
    }),
  });
  const words = () => editor.state.doc.toString();
  plain.hidden = true;
  holder.hidden = false;
  for (const part of place.querySelectorAll(".studio__outline, .studio__form")) part.hidden = false;
  if (matchMedia("(max-width: 64rem)").matches) place.querySelector(".studio__fold").open = false;
  document.querySelector("#studio-clash-place .part")?.remove();
  showSource();

  fetch(place.dataset.language).then((answer) => answer.json()).then((known) => { state.language = known; }).catch(() => {});
  look();
  if (words() !== state.base) changed();

  function currentPart() {
    return new URLSearchParams(location.search).get("part") || "general";
  }

  // Looking: the server checks, and puts what the form says into the source.

  function later() {
    clearTimeout(lookTimer);
    lookTimer = setTimeout(() => look(), LOOK_MS);
  }

  async function look({ move = null, part = state.part, withForm = false, keep = true } = {}) {
    clearTimeout(lookTimer);
    const number = ++state.looking;
    const form = place.querySelector("[data-form]");
    const fields = withForm && form ? [...new FormData(form)].filter(([, value]) => typeof value === "string") : null;
    const sent = words();
    const change = { part: fields ? form.dataset.form : part, fields, move };
    const answer = await ask("look", { source: sent, change });
    if (!answer || number !== state.looking) return null;
    // Somebody typed in the source meanwhile: what they typed is looked at again.
    if (words() !== sent) { later(); return null; }
    const seen = await answer.json();
    if (!answer.ok) return null;
    say(seen.problem);
    // What was also changed is told until something else changes.
    if (seen.told || seen.source !== sent) elsewhere.textContent = seen.told;
    put(seen.source);
    if (!withForm || move) state.part = seen.part;
    state.names = seen.names;
    state.faults = seen.faults;
    mark();
    renew(place.querySelector("#studio-outline"), seen.html.outline);
    renew(place.querySelector("#studio-faults"), seen.html.faults);
    if (!fields || seen.part === state.part) renew(place.querySelector("#studio-form"), seen.html.form, { keep: keep && !move });
    history.replaceState(null, "", `?part=${encodeURIComponent(state.part).replaceAll("%2F", "/")}`);
    return seen;
  }

  function put(source) {
    const now = words();
    if (source === now) return;
    let from = 0;
    while (from < now.length && now[from] === source[from]) from += 1;
    let end = 0;
    while (end < now.length - from && end < source.length - from && now[now.length - 1 - end] === source[source.length - 1 - end]) end += 1;
    editor.dispatch({
      changes: { from, to: now.length - end, insert: source.slice(from, source.length - end) },
      annotations: FROM_SERVER.of(true),
    });
  }

  function mark() {
    const doc = editor.state.doc;
    const marks = state.faults.map((fault) => {
      const line = doc.line(Math.min(fault.line, doc.lines));
      const from = Math.min(line.from + Math.max(fault.column - 1, 0), line.to);
      return { from, to: Math.max(line.to, from), severity: fault.severity, message: `${fault.message} ${fault.cure}` };
    });
    editor.dispatch(setDiagnostics(editor.state, marks));
  }

  function say(sentence) {
    problem.textContent = sentence;
    problem.hidden = !sentence;
  }

  async function ask(what, body) {
    try {
      const answer = await fetch(`${path}/${what}`, {
        method: "POST", credentials: "same-origin", redirect: "error",
        headers: { "Content-Type": "application/json", "x-csrftoken": token },
        body: JSON.stringify(body),
      });
      if (answer.headers.get("content-type")?.startsWith("application/json")) return answer;
      say(place.dataset.sayGone);
    } catch { saved.textContent = place.dataset.sayLost; }
    return null;
  }

  // Saving

  const isDirty = () => words() !== state.base;

  function changed() {
    saved.textContent = isDirty() ? place.dataset.sayUnsaved : state.said;
    clearTimeout(saveTimer);
    if (!state.clash) saveTimer = setTimeout(save, SAVE_MS);
  }

  async function save() {
    clearTimeout(saveTimer);
    if (state.saving || state.clash) return false;
    if (!isDirty()) return true;
    state.saving = true;
    saved.textContent = place.dataset.saySaving;
    const source = words();
    const answer = await ask("save", { source, revision: state.revision, base: state.base });
    state.saving = false;
    if (!answer) { saveTimer = setTimeout(save, RETRY_MS); return false; }
    const told = await answer.json();
    if (told.said) saved.textContent = told.said;
    if (answer.status === 409) { showClash(told); return false; }
    if (!answer.ok) { say(told.said ?? ""); return false; }
    state.said = told.said;
    settle(told.revision, source);
    if (isDirty()) changed();
    return !isDirty();
  }

  function settle(revision, source) {
    state.revision = revision;
    state.base = source;
    for (const field of document.querySelectorAll("[data-studio-revision]")) field.value = revision;
  }

  function showClash(told) {
    state.clash = told;
    clashPlace.innerHTML = told.clash;
    clashPlace.querySelector("#clash-title").focus();
  }

  clashPlace.addEventListener("click", async (event) => {
    const choice = event.target.closest("[data-clash]")?.dataset.clash;
    if (!choice || !state.clash) return;
    const { revision, theirs } = state.clash;
    let source = choice === "theirs" ? theirs : words();
    let from = revision, base = theirs;
    if (choice === "merge") {
      const mine = [...clashPlace.querySelectorAll("[data-meeting]:checked")].filter((field) => field.value === "ours").map((field) => field.dataset.meeting);
      const answer = await ask("merge", { source, mine });
      if (!answer) return;
      const told = await answer.json();
      if (!answer.ok) { say(told.said); return; }
      // If yet another saved meanwhile, saving says so again.
      source = told.theirs;
    }
    state.clash = null;
    clashPlace.replaceChildren();
    settle(from, base);
    put(source);
    await look({ keep: false });
    await save();
    editor.focus();
  });

  addEventListener("beforeunload", (event) => { if (isDirty()) event.preventDefault(); });
  document.querySelector("#studio-submit").addEventListener("click", async (event) => {
    event.preventDefault();
    const { href } = event.currentTarget;
    await flushForm();
    if (await save()) location.assign(href);
  });

  // Forms

  let formTimer;
  place.addEventListener("input", (event) => {
    if (!event.target.closest("[data-form]") || !event.target.name) return;
    // A code is renamed as a whole, once it is finished: half of one may be that of another part.
    if (event.target.name === "code") return;
    clearTimeout(formTimer);
    formTimer = setTimeout(() => look({ withForm: true }), LOOK_MS);
  });
  place.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.closest("[data-form]") || !field.name) return;
    if (field.name.endsWith(".base")) {
      const date = field.closest("fieldset").querySelector("[type=date]");
      date.hidden = field.value !== "date";
      if (!date.hidden && !date.value) { date.focus(); return; }
    }
    clearTimeout(formTimer);
    // What a choice brings along is drawn anew: other fields, or none.
    const redraws = field.name.endsWith(".kind") || field.name.endsWith(".?");
    look({ withForm: true, keep: !redraws });
  });
  place.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-form]")) return;
    event.preventDefault();
    look({ withForm: true });
  });

  place.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-move]");
    if (button) {
      let goal = button.dataset.path;
      if (button.dataset.with) goal += `/${document.getElementById(button.dataset.with).value}`;
      const isOwn = Boolean(button.closest("[data-form]"));
      clearTimeout(formTimer);
      const before = state.part;
      const seen = await look({ move: { kind: button.dataset.move, path: goal }, withForm: isOwn, keep: false });
      if (seen && seen.part !== before) focusForm();
      return;
    }
    const link = event.target.closest("a[data-part]");
    if (link && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      await flushForm();
      if (await look({ part: link.dataset.part, keep: false })) focusForm(link.dataset.field);
      return;
    }
    const line = event.target.closest("[data-line]");
    if (line) {
      event.preventDefault();
      toLine(Number(line.dataset.line));
    }
  });

  async function flushForm() {
    clearTimeout(formTimer);
    const form = place.querySelector("[data-form]");
    if (form && !form.querySelector("fieldset:disabled")) await look({ withForm: true });
  }

  function focusForm(name) {
    let field = null;
    for (let rest = name; rest && !field; rest = rest.slice(0, Math.max(rest.lastIndexOf("."), 0))) {
      field = document.getElementById(`f-${rest.replaceAll(".", "-")}`);
    }
    const wanted = field ?? document.getElementById("studio-form-title");
    wanted?.scrollIntoView({ block: "center" });
    wanted?.focus({ preventScroll: true });
  }

  function toLine(number) {
    showSource(true);
    const line = editor.state.doc.line(Math.min(number, editor.state.doc.lines));
    editor.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
    editor.focus();
  }

  // People who never saw YAML can put it away.

  function showSource(wanted) {
    const toggle = document.querySelector("#studio-toggle");
    let kept = null;
    try { kept = localStorage.getItem("studio-source"); } catch { /* no storage */ }
    const shown = wanted ?? kept !== "no";
    toggle.hidden = false;
    toggle.setAttribute("aria-pressed", String(shown));
    place.classList.toggle("is-without-source", !shown);
    if (wanted !== undefined) try { localStorage.setItem("studio-source", shown ? "yes" : "no"); } catch { /* no storage */ }
  }
  document.querySelector("#studio-toggle").addEventListener("click", (event) => {
    showSource(event.currentTarget.getAttribute("aria-pressed") !== "true");
  });
}
