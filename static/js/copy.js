/* A button with data-copy="ID" copies the text of that element. It stays hidden where copying is not possible. */
"use strict";

(() => {
  const copy = async (button) => {
    const status = button.parentElement.querySelector('[role="status"]');
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      status.textContent = "Copied.";
    } catch {
      status.textContent = "The browser does not allow copying here; select the text instead.";
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  const show = () => document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = !navigator.clipboard; });
  show();
  document.addEventListener("htmx:afterSwap", show);
})();
