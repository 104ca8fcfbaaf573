// Sliders with a name, a number and a way back; native ones, so that keys and screen readers know them.
function render({ model, el }) {
  // by chance: each workbench of a page has a copy of this module, and could not count the others
  const mark = crypto.getRandomValues(new Uint32Array(1));
  el.classList.add("dn-knobs");
  const inputs = {};
  for (const { name, label, hint, min, max, step, start } of model.get("knobs")) {
    const id = `dn-knob-${mark}-${name}`;
    const row = document.createElement("div");
    row.className = "dn-knob";
    row.innerHTML = `
      <label for="${id}"></label><output for="${id}"></output>
      <input id="${id}" type="range" min="${min}" max="${max}" step="${step}" aria-describedby="${id}-hint">
      <p id="${id}-hint" class="dn-small"></p>`;
    row.querySelector("label").textContent = label;
    row.querySelector("p").textContent = hint;
    const input = row.querySelector("input");
    input.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab would take the arrows for itself
    input.addEventListener("input", () => {
      model.set("values", { ...model.get("values"), [name]: Number(input.value) });
      model.save_changes();
    });
    inputs[name] = { input, start, output: row.querySelector("output") };
    el.append(row);
  }
  const back = document.createElement("button");
  back.type = "button";
  back.textContent = "Reset";
  back.addEventListener("click", () => {
    model.set("values", Object.fromEntries(Object.entries(inputs).map(([name, { start }]) => [name, start])));
    model.save_changes();
  });
  el.append(back);

  function show() {
    const values = model.get("values");
    for (const [name, { input, output }] of Object.entries(inputs)) {
      input.value = values[name];
      output.textContent = values[name];
    }
    // a button that is really disabled would lose the focus
    const isAtStart = Object.entries(inputs).every(([name, { start }]) => values[name] === start);
    back.setAttribute("aria-disabled", String(isAtStart));
  }
  model.on("change:values", show);
  show();
  return () => model.off("change:values", show);
}

export default { render };
