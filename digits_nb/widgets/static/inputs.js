// Fields for URL and base64, upload and samples. Pictures go to the kernel in messages: the widget's state,
// which a notebook may save, holds none.
const PART = 1 << 20; // bytes of a message; Jupyter's server rejects messages of 10 MB or more

// wigglystuff's Paint names its tools by titles alone, which some screen readers do not read, and its canvas not
// at all. One slider serves the marker and the eraser, and its title changes with them.
const named = new WeakSet();
function nameDrawingTools(zone) {
  for (const tool of zone.querySelectorAll(".paint-container [title]")) {
    const name = tool.title.split(":")[0];
    if (!tool.hasAttribute("aria-label")) named.add(tool);
    if (named.has(tool) && tool.ariaLabel !== name) tool.setAttribute("aria-label", name);
  }
  for (const canvas of zone.querySelectorAll(".paint-container canvas:not([role])")) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "A place to draw in; the grid beside it can be drawn on with the keyboard");
  }
}

function render({ model, el }) {
  // random, since each panel of a page has its own copy of this module and cannot count the others
  const id = `dn-inputs-${crypto.getRandomValues(new Uint32Array(1))}`;
  el.classList.add("dn-inputs");
  el.innerHTML = `
    <form class="dn-fields" novalidate>
      <label for="${id}-url">URL</label>
      <input id="${id}-url" name="url" type="text" inputmode="url" autocomplete="off" spellcheck="false"
        placeholder="https://… the address of a picture" aria-describedby="${id}-message">
      <label for="${id}-base64">Base64</label>
      <input id="${id}-base64" name="base64" type="text" autocomplete="off" spellcheck="false"
        placeholder="iVBORw0KGgo… or data:image/png;base64,…" aria-describedby="${id}-message">
      <button type="submit" class="dn-primary">Read</button>
      <button type="button" name="stop" hidden>Stop</button>
    </form>
    <p id="${id}-message" class="dn-message" data-place="fields" aria-live="polite"></p>
    <div class="dn-picks">
      <button type="button" name="upload" class="dn-drop">Upload a picture<small>or drop it anywhere here</small></button>
      <input type="file" accept="image/*,.heic,.heif" hidden>
      <div class="dn-samples" role="group" aria-label="Samples"></div>
    </div>
    <p class="dn-message" data-place="picks" aria-live="polite"></p>`;
  const form = el.querySelector("form");
  const { url, base64, stop } = form.elements;
  const upload = el.querySelector("[name=upload]");
  const file = el.querySelector("[type=file]");

  function send(content, buffers) {
    model.send(content, undefined, buffers);
  }

  function sendParts(content, bytes) {
    for (let start = 0; start === 0 || start < bytes.byteLength; start += PART) {
      const more = start + PART < bytes.byteLength;
      send({ ...content, first: start === 0, more }, [bytes.slice(start, start + PART)]);
    }
  }

  function reject(reason) {
    send({ kind: "rejected", reason });
  }

  async function sendFile(files) {
    if (files.length > 1) return reject("several");
    const [picked] = files;
    if (!picked) return;
    if (picked.size > model.get("max_bytes")) return reject("large");
    let bytes;
    try {
      bytes = await picked.arrayBuffer();
    } catch {
      return reject("unreadable"); // such as a folder that was dropped
    }
    sendParts({ kind: "file", name: picked.name }, bytes);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const filled = document.activeElement === base64 || !url.value.trim() ? base64 : url;
    const other = filled === url ? base64 : url;
    if (filled.value.trim()) other.value = "";
    const value = filled.value.trim();
    if (!value) reject("empty");
    else if (value.length > model.get("max_text")) reject("long");
    else sendParts({ kind: filled.name }, new TextEncoder().encode(value).buffer);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault(); // JupyterLab keeps Enter from submitting the form
    form.requestSubmit();
  });
  // typing into a field empties the other, so that it is clear which one counts
  url.addEventListener("input", () => (base64.value = ""));
  base64.addEventListener("input", () => (url.value = ""));
  stop.addEventListener("click", () => send({ kind: "stop" }));
  upload.addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    sendFile(file.files);
    file.value = ""; // or the same file could not be picked again
  });
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    sendFile(event.clipboardData.files);
  });

  for (const { name, alt, src } of model.get("samples")) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = alt;
    button.append(Object.assign(document.createElement("img"), { alt, src }));
    button.addEventListener("click", () => send({ kind: "sample", name }));
    el.querySelector(".dn-samples").append(button);
  }

  // files may be dropped anywhere on the panel, which can be found once this element is in the page
  let zone = null;
  const naming = new MutationObserver(() => nameDrawingTools(zone));
  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    zone.classList.toggle("dn-over", event.type === "dragover");
  };
  const drop = (event) => {
    over(event);
    sendFile(event.dataTransfer.files);
  };
  const found = requestAnimationFrame(() => {
    zone = el.closest(".dn-panel") ?? el;
    zone.addEventListener("dragover", over);
    zone.addEventListener("dragleave", over);
    zone.addEventListener("drop", drop);
    nameDrawingTools(zone);
    naming.observe(zone, { childList: true, subtree: true, attributeFilter: ["title"] });
  });

  function receive({ place, message, state }) {
    const isBusy = state === "busy";
    for (const paragraph of el.querySelectorAll(".dn-message")) {
      const isHere = paragraph.dataset.place === place;
      // screen readers read the first message of a download, and none of its progress
      paragraph.setAttribute("aria-live", isBusy && paragraph.textContent ? "off" : "polite");
      paragraph.textContent = isHere ? message : "";
      paragraph.classList.toggle("dn-error", isHere && state === "error");
    }
    for (const field of [url, base64]) {
      const isWrong = state === "error" && place === "fields" && field.value !== "";
      field.setAttribute("aria-invalid", String(isWrong));
    }
    if (state === "read") form.reset();
    const losesFocus = !isBusy && document.activeElement === stop; // since it is hidden
    stop.hidden = !isBusy;
    if (losesFocus) (base64.value ? base64 : url).focus();
  }
  model.on("msg:custom", receive);
  return () => {
    model.off("msg:custom", receive);
    cancelAnimationFrame(found);
    naming.disconnect();
    zone?.removeEventListener("dragover", over);
    zone?.removeEventListener("dragleave", over);
    zone?.removeEventListener("drop", drop);
  };
}

export default { render };
