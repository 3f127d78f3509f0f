// Runs before the first paint, so that a chosen theme does not flash.
try {
  const chosen = localStorage.getItem("lineal-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* storage refused: follow the system */ }
document.documentElement.classList.add("js");
