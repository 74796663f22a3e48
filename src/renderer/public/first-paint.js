/* Sets the remembered theme and density before anything is painted. A file of its own: the page allows no inline script. */
(() => {
  let settings = {};
  try {
    settings = JSON.parse(window.localStorage.getItem("callsmith.settings") ?? "{}");
  } catch {
    settings = {};
  }
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = settings.theme === "light" || settings.theme === "dark" ? settings.theme : dark ? "dark" : "light";
  document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.density = settings.density ?? "standard";
})();
