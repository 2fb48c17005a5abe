// A passkey is asked of the browser when its button is pressed; the answer goes with the form.

export function watchPasskeys(buttons) {
  for (const button of buttons) {
    const form = button.form;
    const trouble = form.querySelector("[data-passkey-trouble]");
    if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
      button.setAttribute("aria-disabled", "true");
      trouble.textContent = trouble.dataset.missing;
      trouble.hidden = false;
      continue;
    }
    button.addEventListener("click", (event) => {
      // Sent with an answer only: without one there is nothing to send.
      event.preventDefault();
      ask(button, form, trouble);
    });
  }
}

async function ask(button, form, trouble) {
  const name = form.elements.name;
  if (name && !name.reportValidity()) return;
  trouble.hidden = true;
  const asked = JSON.parse(form.querySelector("[data-passkey-question]").textContent);
  try {
    const answer =
      button.dataset.passkey === "new"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
    form.elements.credential.value = JSON.stringify(answer.toJSON());
    form.requestSubmit();
  } catch {
    trouble.textContent = trouble.dataset.failed;
    trouble.hidden = false;
  }
}
