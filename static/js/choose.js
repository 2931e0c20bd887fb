/* Puts a search over the list of designs. Without it every group can be opened by hand. */
"use strict";

(() => {
  const attach = (list) => {
    if (list.querySelector("[data-choose-search]")) return;
    const groups = [...list.querySelectorAll("details")];
    const opened = groups.map((group) => group.open);
    const label = document.createElement("label");
    label.className = "choose-search";
    label.textContent = "Search designs";
    const search = document.createElement("input");
    search.type = "search";
    search.dataset.chooseSearch = "";
    search.placeholder = "aurora, serverless, …";
    label.append(search);
    const said = document.createElement("p");
    said.className = "help";
    said.setAttribute("role", "status");

    search.addEventListener("input", () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      groups.forEach((group, index) => {
        const shown = [...group.querySelectorAll("li")].filter((item) => {
          const text = item.textContent.toLowerCase();
          item.hidden = !words.every((word) => text.includes(word));
          return !item.hidden;
        });
        found += shown.length;
        group.hidden = !shown.length;
        group.open = words.length ? shown.length > 0 : opened[index];
      });
      said.textContent = words.length ? `${found} found` : "";
    });
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    groups[0].before(label, said);
  };

  const attachAll = () => document.querySelectorAll("[data-choose]").forEach(attach);
  attachAll();
  document.addEventListener("htmx:afterSwap", attachAll);
})();
