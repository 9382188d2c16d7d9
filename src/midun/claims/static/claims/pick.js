// Choosing an enterprise from the search results of a form, and changing the choice. Also after a draft was restored.
"use strict";
(() => {
  const box = () => document.querySelector("[data-pick-box]");
  const field = (name) => box().querySelector(`[name="${name}"]`);

  function show() {
    const code = field("picked").value;
    const chosen = box().querySelector("[data-pick-chosen]");
    const search = box().querySelector("[data-pick-search]");
    chosen.hidden = !code;
    search.hidden = Boolean(code);
    chosen.querySelector("strong").textContent = field("picked_name").value || code;
    chosen.querySelector("small").textContent = code;
  }

  function choose(code, name) {
    field("picked").value = code;
    field("picked_name").value = name;
    box().querySelector("[data-pick-found]").replaceChildren();
    field("picked").dispatchEvent(new Event("input", { bubbles: true }));
    show();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pick], [data-pick-clear]");
    if (!button || !box()) return;
    if (button.hasAttribute("data-pick-clear")) {
      choose("", "");
      box().querySelector('[type="search"]').focus();
    } else {
      choose(button.dataset.pick, button.dataset.name);
      box().querySelector("[data-pick-clear]").focus();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.name === "picked" || event.target.name === "picked_name") show();
  });

  // Return in the search box looks up at once and does not send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.('[data-pick-search] [type="search"]')) event.preventDefault();
  });

  if (box()) show(); // a draft may have been restored before this ran
})();
