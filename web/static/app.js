// Everything here adds to pages that work without it.
import "./palette.js";

const said = document.querySelector("[data-status]");
const say = (words) => {
  if (!said) return;
  said.textContent = "";
  requestAnimationFrame(() => { said.textContent = words; });
};

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  const text = source.dataset.text ?? source.textContent;
  const label = button.querySelector("[data-label]") ?? button;
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(text);
    label.textContent = "Copied";
    say("Copied to the clipboard");
  } catch {
    getSelection().selectAllChildren(source);
    label.textContent = "Press Ctrl+C";
    say("The text is selected: press Ctrl and C to copy it");
  }
  setTimeout(() => { label.textContent = before; }, 1800);
}

const THEMES = ["auto", "light", "dark"];
function themed(button) {
  let now = "auto";
  try { now = localStorage.getItem("lineal-theme") ?? "auto"; } catch { /* not stored */ }
  const name = button.querySelector("[data-label]");
  const show = (theme) => {
    name.textContent = theme;
    button.setAttribute("aria-label", `Theme: ${theme}. Change it`);
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  show(now);
  button.addEventListener("click", () => {
    now = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    try { localStorage.setItem("lineal-theme", now); } catch { /* lasts for this page */ }
    show(now);
    say(`Theme: ${now}`);
  });
}

const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };

// A link to a field opens whatever hides it.
function reveal() {
  const id = location.hash.slice(1);
  const target = id && (document.getElementById(id) ?? document.getElementById(decoded(id)));
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true;
  target.scrollIntoView({ block: "start" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.copy) copy(button);
  if (button.dataset.fold) {
    const open = button.dataset.fold === "open";
    for (const part of document.querySelectorAll(".tree details")) part.open = open;
  }
});

for (const button of document.querySelectorAll("[data-theme-button]")) themed(button);
// Rows that are wider than the screen begin where their current part is, versions where the newest are.
for (const row of document.querySelectorAll(".strip, .tabs, .bar nav, .scroll:has(> .readers)")) {
  const here = row.querySelector("[aria-current]");
  if (here) row.scrollLeft += here.getBoundingClientRect().left - row.getBoundingClientRect().left - row.clientWidth / 2;
  else if (row.matches(".strip, .scroll")) row.scrollLeft = row.scrollWidth;
}
// What a live search has found is said aloud, shortly.
document.addEventListener("htmx:afterSwap", (event) => {
  const words = event.target.querySelector?.("[data-say]");
  if (words) say(words.textContent);
});
addEventListener("hashchange", reveal);
reveal();
