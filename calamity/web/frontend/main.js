// What every page needs: htmx for forms inside parts, the live stream, drafts. Charts come later.
import "./main.css";
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph/dist/idiomorph.esm.js";
import { followStream, tickTimes } from "./live.js";
import { watchDrafts } from "./drafts.js";
import { watchForms } from "./forms.js";
import { watchKept } from "./kept.js";

window.htmx = htmx;
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.allowScriptTags = false;

// What a person opened stays open, and what a person typed stays typed, when a part is renewed.
const keepWhatPeopleDid = {
  beforeAttributeUpdated(name, node) {
    if (name === "open" && node.matches("details[data-keep]")) return false;
    if (name === "hidden" && node.matches("[data-chart]")) return false;
    return undefined;
  },
  beforeNodeMorphed(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) return undefined;
    if (old.matches("textarea, input:not([type=hidden]), select") && isTouched(old)) return false;
    if (old.matches("[data-chart]") && old.dataset.id === fresh.dataset?.id) return false;
    return undefined;
  },
};

function isTouched(field) {
  if (field === document.activeElement) return true;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
}

export function renew(part, html, { keep = true } = {}) {
  const morphed = Idiomorph.morph(part, html, { morphStyle: "outerHTML", callbacks: keep ? keepWhatPeopleDid : {} });
  for (const node of morphed) if (node.nodeType === Node.ELEMENT_NODE) htmx.process(node);
  dressUp();
}

htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph:outerHTML",
  handleSwap(style, target, fragment) {
    if (style !== "morph:outerHTML") return false;
    // The part's own answer: the form was sent, so what was typed in it has done its work.
    return Idiomorph.morph(target, fragment.children, { morphStyle: "outerHTML" });
  },
});

// A part answers with that part. Anything else is another page, for instance the sign-in page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const wanted = event.detail.target?.dataset?.live;
  if (wanted && !event.detail.serverResponse.includes(`data-live="${wanted}"`)) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});
document.addEventListener("htmx:afterSwap", () => dressUp());

let charts;
function dressUp() {
  tickTimes();
  document.dispatchEvent(new Event("calamity:renewed"));
  const wanted = document.querySelectorAll("[data-chart]");
  if (wanted.length === 0 || charts) {
    charts?.then((module) => module.draw());
    return;
  }
  for (const button of document.querySelectorAll("[data-chart-open]")) button.hidden = false;
  const seen = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) load();
  }, { rootMargin: "200px" });
  for (const chart of document.querySelectorAll("[data-chart=trend]")) {
    chart.hidden = false;
    seen.observe(chart);
  }
  function load() {
    seen.disconnect();
    charts ??= import("./charts.js");
    charts.then((module) => module.draw());
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-chart-open]");
  if (!button) return;
  const chart = button.closest("section, main").querySelector(`[data-chart="${button.dataset.chartOpen}"]`);
  chart.hidden = false;
  button.hidden = true;
  charts ??= import("./charts.js");
  charts.then((module) => module.draw());
});

// Paper does not bring itself up to date: it says from when it is.
window.addEventListener("beforeprint", () => {
  const english = document.documentElement.lang === "en";
  const moment = new Date().toLocaleString(english ? "en-GB" : "nl-NL", { timeZone: document.documentElement.dataset.zone, dateStyle: "full", timeStyle: "short" });
  for (const place of document.querySelectorAll("[data-printed]")) place.textContent = place.dataset.printed.replace("{moment}", moment);
});

watchForms();
watchDrafts();
watchKept();
dressUp();
const wall = document.querySelector("[data-wall]");
if (wall) import("./wall.js").then((module) => module.watchWall(wall));
const slider = document.querySelector("[data-slider]");
if (slider) import("./slider.js").then((module) => module.watchSlider(slider));
const studio = document.querySelector("[data-studio]");
if (studio) import("./studio.js").then((module) => module.openStudio(studio, renew));
const passkeys = document.querySelectorAll("[data-passkey]");
if (passkeys.length) import("./passkeys.js").then((module) => module.watchPasskeys(passkeys));
const signals = document.querySelector("[data-signals]");
if (signals) import("./signals.js").then((module) => module.watchSignals(signals));
document.querySelector("[data-focus]")?.focus();
followStream(renew);
document.documentElement.dataset.ready = "yes";
