// A form is sent once: the button rests after the first press, and every form has its own key.

export function watchForms() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    // Without the clipboard the text is selected, and the keyboard copies it.
    await navigator.clipboard?.writeText(field.value);
    button.textContent = button.dataset.copied;
  });
  for (const field of document.querySelectorAll("input[data-key]")) field.value ||= crypto.randomUUID();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // Also in a part that was renewed since: its form came without a key.
    for (const field of form.querySelectorAll("input[data-key]")) field.value ||= crypto.randomUUID();
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter;
    // After this turn: a button that is disabled at once would not send its own value.
    setTimeout(() => {
      for (const other of form.querySelectorAll("button[type=submit]")) other.setAttribute("aria-disabled", "true");
      if (button?.dataset.busy) button.textContent = button.dataset.busy;
    });
  }, true);

  const release = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
    for (const field of form.querySelectorAll("input[data-key]")) field.value ||= crypto.randomUUID();
  };
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form.matches?.("form[data-sent]")) {
      if (event.detail.successful) for (const field of form.querySelectorAll("input[data-key]")) field.value = crypto.randomUUID();
      release(form);
    }
  });
  document.addEventListener("calamity:release", (event) => release(event.target));

  for (const form of document.querySelectorAll("form:has([data-gate])")) {
    const show = () => {
      const danger = form.elements.gate?.value === "yes";
      form.querySelector('[data-gate="yes"]').hidden = !danger;
      form.querySelector('[data-gate="no"]').hidden = danger;
    };
    form.addEventListener("change", show);
    show();
  }
}
