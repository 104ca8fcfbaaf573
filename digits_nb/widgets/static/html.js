// Shows HTML from the kernel. It comes in messages: the widget's state, which a notebook may save, holds no
// picture. A page that was just loaded asks for it.
function render({ model, el }) {
  const spoken = document.createElement("div");
  spoken.className = "dn-spoken";
  spoken.setAttribute("role", "status");
  const shown = document.createElement("div");
  el.classList.add("dn-html");
  el.append(spoken, shown);

  let copies = [];
  function receive(message) {
    shown.innerHTML = message.html;
    copies = message.copies;
    if (spoken.textContent !== message.spoken) spoken.textContent = message.spoken;
    el.closest(".dn-panel")?.classList.add("dn-alive"); // a kernel has answered
  }

  shown.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(copies[Number(button.dataset.copy)]);
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser refused";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });

  model.on("msg:custom", receive);
  model.send({ ready: true });
  return () => model.off("msg:custom", receive);
}

export default { render };
