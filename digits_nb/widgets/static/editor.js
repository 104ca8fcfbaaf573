// The 8×8 grid as an ARIA grid: one cell is in the tab order, arrows move it, keys and the mouse set ink.
const SIDE = 8;
const FULL = 16;
const STEP = 8; // a click or a stroke of the mouse: empty, half, full
const NEAR = 4; // pixels of the screen: between two places that a stroke is looked up at
const MIDDLE = 8.6; // the ink on which black and white letters have the same contrast, 4.5:1
const MOVES = {
  ArrowLeft: (cell) => (cell % SIDE ? cell - 1 : cell),
  ArrowRight: (cell) => (cell % SIDE < SIDE - 1 ? cell + 1 : cell),
  ArrowUp: (cell) => (cell >= SIDE ? cell - SIDE : cell),
  ArrowDown: (cell) => (cell < SIDE * (SIDE - 1) ? cell + SIDE : cell),
  Home: (cell) => cell - (cell % SIDE),
  End: (cell) => cell - (cell % SIDE) + SIDE - 1,
};

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function render({ model, el }) {
  const cells = Array.from({ length: SIDE * SIDE }, () =>
    // JupyterLab would take 0 0 for "restart the kernel", and the arrows for itself
    element("div", { role: "gridcell", class: "dn-cell", tabindex: "-1", "data-lm-suppress-shortcuts": "true" }),
  );
  const rows = Array.from({ length: SIDE }, (_, row) =>
    element("div", { role: "row", class: "dn-row" }, ...cells.slice(row * SIDE, (row + 1) * SIDE)),
  );
  const label = "The 8 by 8 grid that the model sees. Arrows move, plus and minus or 0 to 9 set the ink of a cell.";
  const grid = element("div", { role: "grid", class: "dn-grid", "aria-label": label }, ...rows);
  const darken = element("button", { type: "button", "aria-pressed": "true" }, "Darken");
  const lighten = element("button", { type: "button", "aria-pressed": "false" }, "Lighten");
  const clear = element("button", { type: "button" }, "Clear");
  const back = element("button", { type: "button" }, "Reset");
  const tools = element("div", { role: "group", "aria-label": "What the mouse does", class: "dn-tools" });
  tools.append(darken, lighten, clear, back);
  el.classList.add("dn-editor");
  el.append(grid, tools);

  // not in the model's state, which a notebook may be told to save
  let values = Array(SIDE * SIDE).fill(0);
  let original = values;
  const view = crypto.getRandomValues(new Uint32Array(1)).toString();

  let current = 0;
  let stroke = 0; // the ink that the mouse adds while its button is down
  let last = -1; // the cell that got some last
  let from = null; // where the mouse was

  function show() {
    cells.forEach((cell, index) => {
      const value = values[index];
      const written = String(Math.round(value));
      cell.style.setProperty("--ink", value / FULL);
      cell.classList.toggle("dn-dark", value > MIDDLE);
      cell.textContent = written;
      cell.setAttribute("aria-label", `row ${Math.floor(index / SIDE) + 1}, column ${(index % SIDE) + 1}: ${written}`);
    });
    // a button that is really disabled would lose the focus
    back.setAttribute("aria-disabled", String(String(values) === String(original)));
  }

  function put(changed) {
    values = changed;
    model.send({ grid: values, view });
    show();
  }

  function receive(message) {
    if (message.view === view) return; // it was made here, and more may have been since
    ({ grid: values, original } = message);
    show();
  }

  function within(value) {
    return Math.min(FULL, Math.max(0, value));
  }

  function set(index, value) {
    put(values.with(index, within(value)));
  }

  function enter(index, focused = true) {
    cells[current].tabIndex = -1;
    current = index;
    cells[current].tabIndex = 0;
    if (focused) cells[current].focus({ preventScroll: true });
  }

  function mode(button) {
    for (const other of [darken, lighten]) other.setAttribute("aria-pressed", String(other === button));
  }

  grid.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const value = Math.round(values[current]);
    if (event.key in MOVES) enter(MOVES[event.key](current));
    else if (/^[0-9]$/.test(event.key)) set(current, Math.round((Number(event.key) * FULL) / 9));
    else if (event.key === "+" || event.key === "=") set(current, value + 1);
    else if (event.key === "-" || event.key === "−") set(current, value - 1);
    else if (event.key === "Enter" || event.key === " ") set(current, value > FULL / 2 ? 0 : FULL);
    else if (event.key === "Delete" || event.key === "Backspace") set(current, 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // a fast hand is seen in a few places only: all cells between them are painted
  function paint({ clientX: x, clientY: y }) {
    const steps = Math.max(1, Math.ceil(Math.hypot(x - from.x, y - from.y) / NEAR));
    const painted = [...values];
    const before = last;
    for (let step = 1; step <= steps; step += 1) {
      const place = [from.x + ((x - from.x) * step) / steps, from.y + ((y - from.y) * step) / steps];
      const index = cells.indexOf(document.elementFromPoint(...place));
      if (index < 0 || index === last) continue;
      last = index;
      painted[index] = within(Math.round(painted[index]) + stroke);
    }
    from = { x, y };
    if (last === before) return;
    enter(last);
    put(painted);
  }

  grid.addEventListener("pointerdown", (event) => {
    if (event.button > 2 || event.button === 1) return;
    const lightens = (lighten.getAttribute("aria-pressed") === "true") !== (event.button === 2 || event.shiftKey);
    stroke = lightens ? -STEP : STEP;
    last = -1;
    from = { x: event.clientX, y: event.clientY };
    grid.setPointerCapture(event.pointerId);
    paint(event);
    event.preventDefault();
  });
  grid.addEventListener("pointermove", (event) => stroke && paint(event));
  for (const end of ["pointerup", "pointercancel"]) grid.addEventListener(end, () => (stroke = 0));
  for (const own of ["contextmenu", "mousedown"]) {
    // JupyterLab would open its menu, or select the cell and take the focus
    grid.addEventListener(own, (event) => {
      event.preventDefault();
      event.stopPropagation();
    });
  }
  darken.addEventListener("click", () => mode(darken));
  lighten.addEventListener("click", () => mode(lighten));
  clear.addEventListener("click", () => put(Array(SIDE * SIDE).fill(0)));
  back.addEventListener("click", () => put(original));

  model.on("msg:custom", receive);
  enter(0, false);
  show();
  model.send({ ready: true, view: "" });
  return () => model.off("msg:custom", receive);
}

export default { render };
