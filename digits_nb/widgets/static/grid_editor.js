// Editor of the 8×8 grid, as an ARIA grid: one cell is in the tab order, arrows move to another, keys and the
// mouse set the ink.
const SIDE = 8;
const FULL = 16;
const STEP = 8; // ink of a click or a stroke: from empty to half, from half to full
const SAMPLING = 4; // distance of the points of a stroke whose cells are painted, in pixels of the screen
const MIDDLE = 8.6; // ink on which black and white letters have the same contrast, 4.6:1 (WCAG)
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
    // or JupyterLab takes 0 0 for "restart the kernel", and the arrows to move between its cells
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
  const reset = element("button", { type: "button" }, "Reset");
  const tools = element("div", { role: "group", "aria-label": "What the mouse does", class: "dn-tools" });
  tools.append(darken, lighten, clear, reset);
  el.classList.add("dn-editor");
  el.append(grid, tools);

  // here and not in the widget's state, which a notebook may save
  let values = Array(SIDE * SIDE).fill(0);
  let original = values;
  const view = crypto.getRandomValues(new Uint32Array(1)).toString();

  let current = 0;
  let stroke = 0; // ink that the mouse adds to a cell; 0 while its button is up
  let last = -1; // the cell that was painted last
  let from = null; // the last position of the mouse

  function show() {
    cells.forEach((cell, index) => {
      const value = values[index];
      const text = String(Math.round(value));
      cell.style.setProperty("--ink", value / FULL);
      cell.classList.toggle("dn-dark", value > MIDDLE);
      cell.textContent = text;
      cell.setAttribute("aria-label", `row ${Math.floor(index / SIDE) + 1}, column ${(index % SIDE) + 1}: ${text}`);
    });
    // a button with the attribute `disabled` would lose the focus
    reset.setAttribute("aria-disabled", String(String(values) === String(original)));
  }

  function change(changed) {
    values = changed;
    model.send({ grid: values, view });
    show();
  }

  function receive(message) {
    if (message.view === view) return; // an edit of this view, which may have newer ones
    ({ grid: values, original } = message);
    show();
  }

  function clamp(value) {
    return Math.min(FULL, Math.max(0, value));
  }

  function set(index, value) {
    change(values.with(index, clamp(value)));
  }

  function enter(index, focused = true) {
    cells[current].tabIndex = -1;
    current = index;
    cells[current].tabIndex = 0;
    if (focused) cells[current].focus({ preventScroll: true });
  }

  function choose(button) {
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

  // the browser reports few positions of a fast stroke: the cells between them are painted too
  function paint({ clientX: x, clientY: y }) {
    const steps = Math.max(1, Math.ceil(Math.hypot(x - from.x, y - from.y) / SAMPLING));
    const painted = [...values];
    const before = last;
    for (let step = 1; step <= steps; step += 1) {
      const point = [from.x + ((x - from.x) * step) / steps, from.y + ((y - from.y) * step) / steps];
      const index = cells.indexOf(document.elementFromPoint(...point));
      if (index < 0 || index === last) continue;
      last = index;
      painted[index] = clamp(Math.round(painted[index]) + stroke);
    }
    from = { x, y };
    if (last === before) return;
    enter(last);
    change(painted);
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
  for (const type of ["contextmenu", "mousedown"]) {
    // or JupyterLab opens its menu, or selects the notebook's cell and takes the focus
    grid.addEventListener(type, (event) => {
      event.preventDefault();
      event.stopPropagation();
    });
  }
  darken.addEventListener("click", () => choose(darken));
  lighten.addEventListener("click", () => choose(lighten));
  clear.addEventListener("click", () => change(Array(SIDE * SIDE).fill(0)));
  reset.addEventListener("click", () => change(original));

  model.on("msg:custom", receive);
  enter(0, false);
  show();
  model.send({ ready: true, view: "" });
  return () => model.off("msg:custom", receive);
}

export default { render };
