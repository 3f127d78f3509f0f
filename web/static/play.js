// The player's own engine: the JavaScript modules that the project publishes, run here on the event in the page and on
// whatever is typed. The server's answer stays where there is no script, no module, or a number that JavaScript rounds.
import { beside } from "./beside.js";

const player = document.querySelector("[data-player]");
const box = document.querySelector("#event");
const live = document.querySelector("[data-live]");

if (player && box) {
  const panels = [...player.querySelectorAll("[data-step]")];
  const codes = panels.map((panel) => panel.querySelector("pre[data-text]"));
  const served = panels.map((panel) => ["[data-verdict]", "[data-ran]", "[data-summary]", "pre[data-text]"].map((part) => {
    const found = panel.querySelector(part);
    return found && [found, [...found.childNodes], found.className, found.dataset.text];
  }).filter(Boolean));
  let modules;
  let turn = 0;

  const loaded = () => modules ??= Promise.all(panels.slice(1).map((panel) => panel.dataset.module && import(panel.dataset.module)));
  const rounded = (text) => (text.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [])
    .find((number) => /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number)));

  // What every step makes of the event, up to the first that does not run or refuses.
  const travel = (event, found) => {
    const states = [{ event }];
    for (const [at, module] of found.entries()) {
      if (!module) return [...states, { refused: panels[at + 1].dataset.refused }];
      try {
        states.push({ event: module.upcast(states[at].event) });
      } catch (error) {
        return [...states, { failed: error.message }];
      }
    }
    return states;
  };

  const tell = (panel, words, tone = "") => {
    const verdict = panel.querySelector("[data-verdict]");
    const said = document.createElement("p");
    said.textContent = words;
    verdict.className = `verdict ${tone}`;
    verdict.replaceChildren(said);
  };

  const show = (states) => panels.forEach((panel, at) => {
    const state = states[at];
    panel.querySelector("[data-summary]")?.replaceChildren();
    if (state && "event" in state) {
      codes[at].replaceChildren(...beside(states[Math.max(0, at - 1)].event, state.event));
      codes[at].dataset.text = JSON.stringify(state.event, null, 2);
      tell(panel, at ? "Computed in this browser by the published module. Play checks it against the schema."
        : "As you typed it. Play checks it against the schema.");
    } else {
      codes[at].replaceChildren();
      codes[at].dataset.text = "";
      if (state?.failed) tell(panel, `The step refuses the event: ${state.failed}`, "bad");
      else tell(panel, state ? `No JavaScript module runs this step: ${state.refused}. Play asks the server.` : "An earlier step did not come through.");
    }
  });

  const restore = () => {
    for (const [part, nodes, name, text] of served.flat()) {
      part.replaceChildren(...nodes);
      part.className = name;
      if (text !== undefined) part.dataset.text = text;
    }
  };

  const typed = async () => {
    const mine = ++turn;
    const text = box.value.trim();
    live.textContent = "";
    if (!text) return restore();
    let event;
    try {
      event = JSON.parse(text);
    } catch (error) {
      live.textContent = `Not JSON yet: ${error.message}`;
      return;
    }
    const wide = rounded(text);
    if (wide !== undefined) {
      restore();
      live.textContent = `JavaScript would round ${wide}: Play has the server do it exactly.`;
      return;
    }
    const found = await loaded();
    if (mine !== turn) return;
    const states = travel(event, found);
    show(states);
    const last = states.at(-1);
    live.textContent = states.length === panels.length && "event" in last ? "The steps below show your event, computed in this browser."
      : last.failed ? `The step to version ${panels[states.length - 1].dataset.version} refuses it: ${last.failed}`
        : "Only the server can run the whole way: press Play.";
  };

  let waiting;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(typed, 150);
  });

  // Every step of the event that the server sent along: the module must say the same.
  const compare = async () => {
    const texts = codes.map((code) => code.dataset.text);
    if (texts.some(rounded)) return;
    const found = await loaded();
    if (turn) return;
    found.forEach((module, before) => {
      const panel = panels[before + 1];
      const link = panel.querySelector("[data-ran] a");
      if (!module || !link) return;
      const [state, failed] = travel(JSON.parse(texts[before]), [module]).slice(1).map((one) => [one.event, one.failed])[0];
      const agrees = failed === undefined && beside(JSON.parse(texts[before + 1]), state).every((line) => line.className === "ln ");
      link.after(agrees ? " gives the same, computed in this browser." : " works on the event as JSON, and gives something else.");
      panel.dataset.agrees = String(agrees);
    });
  };
  compare();
}
