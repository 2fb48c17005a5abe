// The panel stays true by asking each second how things stand. Without this file its forms still
// work; with it, they work without leaving the page.

const words = document.body.dataset;
const notice = document.getElementById("notice");
const problem = document.getElementById("problem");

// Only what differs is changed: a press on a button must not lose its button halfway, and whoever
// mended a fault stands on the next one.
function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  after.forEach((child, place) => (before[place] ? morph(before[place], child) : old.append(child)));
  for (const child of before.slice(after.length)) child.remove();
}

function showPart(name, html) {
  const part = document.getElementById(`part-${name}`);
  const fresh = part.cloneNode(false);
  fresh.innerHTML = `\n${html}`;
  const hadFocus = part.contains(document.activeElement);
  morph(part, fresh);
  if (hadFocus && !part.contains(document.activeElement)) document.getElementById("faults").focus();
}

async function ask() {
  try {
    const answer = await fetch(`/panel/parts?lang=${words.lang}`);
    if (!answer.ok) throw new Error(answer.statusText);
    if (notice.textContent === words.wordOffline) notice.textContent = "";
    for (const [name, html] of Object.entries(await answer.json())) showPart(name, html);
  } catch {
    notice.textContent = words.wordOffline;
  }
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body }).catch(() => null);
  if (!answer) return (notice.textContent = words.wordOffline);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  problem.textContent = page.getElementById("problem")?.textContent ?? answer.statusText;
  problem.hidden = answer.ok;
  if (!answer.ok) problem.scrollIntoView({ block: "nearest" });
  await ask();
});

setInterval(ask, 1000);
