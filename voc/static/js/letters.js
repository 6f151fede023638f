// The print button: shown only where it works.
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
document.querySelectorAll("[data-noscript]").forEach((hint) => { hint.hidden = true; });
