// A screen on a wall: fits by itself, shows that it lives, and says big when it may be out of date.

export function watchWall(sign) {
  const english = document.documentElement.lang === "en";
  const clock = document.querySelector("[data-wall-clock]");
  let heard = Date.now();
  let gone = false;

  const words = (at, parts) => {
    const said = new Intl.DateTimeFormat(english ? "en-GB" : "nl-NL", {
      timeZone: document.documentElement.dataset.zone, hour: "2-digit", minute: "2-digit", ...parts,
    }).format(at);
    return english ? said : `${said.replaceAll(":", ".")} uur`;
  };

  function say(kind, text, more) {
    sign.hidden = false;
    sign.dataset.kind = kind;
    sign.querySelector(".stale__words").textContent = text;
    sign.querySelector(".stale__more").textContent = more;
    document.body.classList.add("is-stale");
    fit();
  }

  function look() {
    const now = new Date();
    clock.textContent = words(now, { second: "2-digit" });
    if (gone || !sign.hidden) return;
    if (now - heard > Number(sign.dataset.silence) * 1000) {
      say("stale", sign.dataset.stale.replace("{time}", words(heard)), sign.dataset.staleMore);
    }
  }

  document.addEventListener("calamity:heard", () => {
    heard = Date.now();
    if (!gone && !sign.hidden) {
      sign.hidden = true;
      document.body.classList.remove("is-stale");
    }
    fit();
  });

  // Signed out: nobody may read on here. Nothing stays, and nothing wakes by itself but a person.
  document.addEventListener("calamity:signed-out", (event) => {
    gone = true;
    document.querySelector("main").replaceChildren();
    document.querySelectorAll(".banner, .walltop__end, .walltop__place b").forEach((node) => node.remove());
    document.title = "Calamity";
    say("gone", "", sign.dataset.goneMore);
    const link = document.createElement("a");
    link.href = event.detail;
    link.textContent = sign.dataset.gone;
    sign.querySelector(".stale__words").append(link);
  });

  addEventListener("resize", fit);
  setInterval(look, 1000);
  look();
  fit();
  document.fonts?.ready.then(fit);
}

/** Makes sentences smaller until they fit, and says how many lines of a list do not. */
function fit() {
  const lists = document.querySelectorAll("[data-fit]");
  // Sentences only make room for the first line of a list; the rest is counted.
  for (const list of lists) [...list.children].forEach((item, number) => { item.hidden = number > 0; });
  for (const list of document.querySelectorAll("[data-shrink]")) {
    delete list.dataset.size;
    const box = list.parentElement;
    for (let size = 1; size <= 3 && box.scrollHeight > box.clientHeight + 1; size += 1) list.dataset.size = size;
  }
  for (const list of lists) {
    const more = list.nextElementSibling;
    const items = [...list.children];
    for (const item of items) item.hidden = false;
    more.hidden = true;
    let left = 0;
    while (left < items.length - 1 && list.scrollHeight > list.clientHeight + 1) {
      left += 1;
      items[items.length - left].hidden = true;
      more.hidden = false;
      more.textContent = more.dataset.fitMore.replace("{n}", left);
    }
  }
}
