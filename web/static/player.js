// The player: every step is already in the page; this shows one at a time without asking the server again.
const player = document.querySelector("[data-player]");

if (player) {
  const panels = [...player.querySelectorAll("[data-step]")];
  const stops = [...document.querySelectorAll("[data-to-step]")];
  const said = document.querySelector("[data-status]");
  let now = Math.max(0, panels.findIndex((panel) => !panel.hidden));

  const show = (index, remember = true) => {
    now = Math.max(0, Math.min(panels.length - 1, index));
    panels.forEach((panel, at) => { panel.hidden = at !== now; });
    for (const stop of stops) {
      if (Number(stop.dataset.toStep) === now) stop.setAttribute("aria-current", "step");
      else stop.removeAttribute("aria-current");
    }
    for (const mover of player.querySelectorAll("[data-move]")) {
      const out = now + Number(mover.dataset.move);
      mover.toggleAttribute("aria-disabled", out < 0 || out >= panels.length);
    }
    const here = document.querySelector('[data-to-step][aria-current="step"]');
    const strip = here?.closest(".strip");
    if (strip) strip.scrollLeft = here.offsetLeft - strip.clientWidth / 2;
    if (said) said.textContent = panels[now].dataset.title;
    if (remember) {
      const url = new URL(location.href);
      url.searchParams.set("step", String(now));
      history.replaceState(history.state, "", url);
    }
  };

  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const stop = event.target.closest("[data-to-step], [data-go]");
    const mover = event.target.closest("[data-move]");
    if (!stop && !mover) return;
    event.preventDefault();
    show(stop ? Number(stop.dataset.toStep ?? stop.dataset.go) : now + Number(mover.dataset.move));
  });
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest?.("input, textarea, select, dialog, .code")) return;
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: panels.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  show(now, false);
}
