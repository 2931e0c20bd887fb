// Keeps the words that are agreed to in step with the prefix and the rate as they are typed; a change takes the tick away.
"use strict";

(() => {
  const words = document.querySelector("[data-words]");
  const agreed = document.querySelector("[data-agreed]");
  const form = agreed && agreed.form;
  if (!words || !form) return;
  const prefix = form.elements.key_prefix;
  const rate = form.elements.per_s;
  const tell = () => {
    const text = words.dataset.words
      .replace("%p", () => prefix.value)
      .replace("%r", () => Number(rate.value).toLocaleString("en-GB"));
    if (text === agreed.value) return;
    words.textContent = text;
    agreed.value = text;
    form.elements.confirmed.checked = false;
  };
  prefix.addEventListener("input", tell);
  rate.addEventListener("input", tell);
  tell();
})();
