// Slides through moments: says which one while it moves, and goes there when it is let go.

export function watchSlider(form) {
  const slider = form.querySelector("input[type=range]");
  const said = form.querySelector("output");
  const words = [...form.querySelectorAll("option")].map((option) => option.label);
  const begun = slider.defaultValue;
  let waiting = null;
  form.querySelector("button").hidden = true;

  function tell() {
    said.textContent = words[slider.value - 1];
    slider.setAttribute("aria-valuetext", said.textContent);
  }
  slider.addEventListener("input", tell);
  // Keys change it once per press: who steps on does not want a page for each.
  slider.addEventListener("change", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (slider.value !== begun) form.requestSubmit(); }, 700);
  });
  tell();
}
