// Who touches what: a box under the pointer or with the focus keeps its own lines, the others fade.
for (const picture of document.querySelectorAll(".lineage")) {
  const edges = [...picture.querySelectorAll(".edge")].map((edge) => [edge, edge.dataset.ends.split("\n")]);
  const light = (key) => {
    picture.classList.toggle("lit", key !== undefined);
    for (const [edge, ends] of edges) edge.classList.toggle("on", key !== undefined && ends.includes(key));
  };
  const lit = (event) => light(event.target.closest(".box")?.dataset.key);
  picture.addEventListener("pointerover", lit);
  picture.addEventListener("pointerleave", () => light());
  picture.addEventListener("focusin", lit);
  picture.addEventListener("focusout", () => light());
}
