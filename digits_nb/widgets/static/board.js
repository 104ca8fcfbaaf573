// Shows what the kernel says. Pictures come in messages and never stand in the model's state, which a
// notebook may be told to save; a page that was loaded anew asks for them again.
function render({ model, el }) {
  const said = document.createElement("div");
  said.className = "dn-said-aloud";
  said.setAttribute("role", "status");
  const shown = document.createElement("div");
  el.classList.add("dn-board");
  el.append(said, shown);

  let copies = [];
  function receive(message) {
    shown.innerHTML = message.html;
    copies = message.copies;
    if (said.textContent !== message.said) said.textContent = message.said;
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
