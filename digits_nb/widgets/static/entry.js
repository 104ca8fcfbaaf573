// The ways in that are typed, dropped and picked. What they give goes to the kernel in messages and never
// into the model's state, which a notebook may be told to save.
const PART = 1 << 20; // bytes of a message: Jupyter's server takes 10 MB

// wigglystuff's Paint names its tools by titles alone, which not every screen reader reads, and its canvas not;
// one slider serves the marker and the eraser, and its title changes with them
const named = new WeakSet();
function nameDrawing(zone) {
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
  // by chance: each panel of a page has a copy of this module, and could not count the others
  const id = `dn-entry-${crypto.getRandomValues(new Uint32Array(1))}`;
  el.classList.add("dn-entry");
  el.innerHTML = `
    <form class="dn-fields" novalidate>
      <label for="${id}-url">URL</label>
      <input id="${id}-url" name="url" type="text" inputmode="url" autocomplete="off" spellcheck="false"
        placeholder="https://… the address of a picture" aria-describedby="${id}-said">
      <label for="${id}-base64">Base64</label>
      <input id="${id}-base64" name="base64" type="text" autocomplete="off" spellcheck="false"
        placeholder="iVBORw0KGgo… or data:image/png;base64,…" aria-describedby="${id}-said">
      <button type="submit" class="dn-primary">Read</button>
      <button type="button" name="stop" hidden>Stop</button>
    </form>
    <p id="${id}-said" class="dn-message" data-at="fields" aria-live="polite"></p>
    <div class="dn-picks">
      <button type="button" name="upload" class="dn-drop">Upload a picture<small>or drop it anywhere here</small></button>
      <input type="file" accept="image/*,.heic,.heif" hidden>
      <div class="dn-samples" role="group" aria-label="Samples"></div>
    </div>
    <p class="dn-message" data-at="picks" aria-live="polite"></p>`;
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

  function refuse(why) {
    send({ way: "refused", why });
  }

  async function sendFile(files) {
    if (files.length > 1) return refuse("several");
    const [picked] = files;
    if (!picked) return;
    if (picked.size > model.get("max_bytes")) return refuse("large");
    let bytes;
    try {
      bytes = await picked.arrayBuffer();
    } catch {
      return refuse("unreadable"); // a folder that was dropped, say
    }
    sendParts({ way: "file", name: picked.name }, bytes);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = document.activeElement === base64 || !url.value.trim() ? base64 : url;
    const other = asked === url ? base64 : url;
    if (asked.value.trim()) other.value = "";
    const value = asked.value.trim();
    if (!value) refuse("empty");
    else if (value.length > model.get("max_text")) refuse("long");
    else sendParts({ way: asked.name }, new TextEncoder().encode(value).buffer);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault(); // in JupyterLab Enter submits no form by itself
    form.requestSubmit();
  });
  // the field that is filled is the one that is meant
  url.addEventListener("input", () => (base64.value = ""));
  base64.addEventListener("input", () => (url.value = ""));
  stop.addEventListener("click", () => send({ way: "stop" }));
  upload.addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    sendFile(file.files);
    file.value = ""; // the same file can be picked again
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
    button.addEventListener("click", () => send({ way: "sample", name }));
    el.querySelector(".dn-samples").append(button);
  }

  // a file may be dropped anywhere on the panel, which is known only when this stands in the page
  let zone = null;
  const naming = new MutationObserver(() => nameDrawing(zone));
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
    nameDrawing(zone);
    naming.observe(zone, { childList: true, subtree: true, attributeFilter: ["title"] });
  });

  function receive({ at, sentence, error, busy, taken }) {
    for (const message of el.querySelectorAll(".dn-message")) {
      // how far a download has come is not read out again and again
      message.setAttribute("aria-live", busy && message.textContent ? "off" : "polite");
      message.textContent = message.dataset.at === at ? sentence : "";
      message.classList.toggle("dn-error", message.dataset.at === at && error);
    }
    for (const field of [url, base64]) {
      field.setAttribute("aria-invalid", String(error && at === "fields" && field.value !== ""));
    }
    if (taken) form.reset(); // another way in was used, or the text was a picture that is read
    const isLeft = !busy && document.activeElement === stop; // what hides would lose the focus
    stop.hidden = !busy;
    if (isLeft) (base64.value ? base64 : url).focus();
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
