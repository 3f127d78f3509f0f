// The search palette: Ctrl+K, Cmd+K or "/" from anywhere; arrows walk the hits, Enter follows one.
const dialog = document.querySelector("dialog.palette");
const input = dialog?.querySelector("input");

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
const hits = () => [...dialog.querySelectorAll("a.hit")];

function open() {
  dialog.showModal();
  input.select();
}

function step(by) {
  const all = hits();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement) + by;
  if (at < 0) input.focus();
  else all[Math.min(at, all.length - 1)].focus();
}

if (dialog) {
  document.addEventListener("keydown", (event) => {
    const wanted = (event.key === "k" && (event.metaKey || event.ctrlKey)) || (event.key === "/" && !typing(event.target));
    if (wanted && !dialog.open && !event.altKey) {
      event.preventDefault();
      open();
    }
  });
  for (const link of document.querySelectorAll("[data-palette]")) {
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      open();
    });
  }
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(hits().includes(document.activeElement) ? -1 : 0);
    else if (event.key === "Enter" && document.activeElement === input && hits().length) hits()[0].click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
