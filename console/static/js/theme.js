// Loaded before the first paint, so that a dark screen never flashes white at night.
(() => {
  const kept = localStorage.getItem("tocsin.theme");
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
