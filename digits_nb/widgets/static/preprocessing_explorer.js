// A labelled slider with its value for each parameter, and a reset button. The sliders are the browser's own,
// which keyboards and screen readers can use.
function render({ model, el }) {
  // random, since each explorer of a page has its own copy of this module and cannot count the others
  const mark = crypto.getRandomValues(new Uint32Array(1));
  el.classList.add("dn-sliders");
  const inputs = {};
  for (const parameter of model.get("parameters")) {
    const { name, hint, min, max, step } = parameter;
    const id = `dn-slider-${mark}-${name}`;
    const row = document.createElement("div");
    row.className = "dn-slider";
    row.innerHTML = `
      <label for="${id}"></label><output for="${id}"></output>
      <input id="${id}" type="range" min="${min}" max="${max}" step="${step}" aria-describedby="${id}-hint">
      <p id="${id}-hint" class="dn-small"></p>`;
    row.querySelector("label").textContent = name[0].toUpperCase() + name.slice(1).replace("_", " ");
    row.querySelector("p").textContent = hint;
    const input = row.querySelector("input");
    input.setAttribute("data-lm-suppress-shortcuts", "true"); // or JupyterLab takes the arrows
    input.addEventListener("input", () => {
      model.set("values", { ...model.get("values"), [name]: Number(input.value) });
      model.save_changes();
    });
    inputs[name] = { input, output: row.querySelector("output") };
    el.append(row);
  }
  const reset = document.createElement("button");
  reset.type = "button";
  reset.textContent = "Reset";
  reset.addEventListener("click", () => {
    model.set("values", Object.fromEntries(model.get("parameters").map(({ name, default: value }) => [name, value])));
    model.save_changes();
  });
  el.append(reset);

  function show() {
    const values = model.get("values");
    for (const [name, { input, output }] of Object.entries(inputs)) {
      input.value = values[name];
      output.textContent = values[name];
    }
    // a button with the attribute `disabled` would lose the focus
    const isAtStart = model.get("parameters").every((parameter) => values[parameter.name] === parameter.default);
    reset.setAttribute("aria-disabled", String(isAtStart));
  }
  model.on("change:values", show);
  show();
  return () => model.off("change:values", show);
}

export default { render };
