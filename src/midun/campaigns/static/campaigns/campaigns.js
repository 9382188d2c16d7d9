// Ticking many lines of the plan: all of the page at once, and how many are ticked.
"use strict";
(() => {
  const boxes = (name) => [...document.querySelectorAll('input[type="checkbox"][name="' + name + '"]')];
  const count = (name) => {
    const all = boxes(name), ticked = all.filter((b) => b.checked).length;
    document.querySelectorAll('[data-ticked="' + name + '"]').forEach((e) => { e.textContent = String(ticked); });
    document.querySelectorAll('[data-tick-all="' + name + '"]').forEach((e) => { e.checked = ticked > 0 && ticked === all.length; e.indeterminate = ticked > 0 && ticked < all.length; });
  };
  document.addEventListener("change", (event) => {
    const target = event.target;
    if (target.dataset.tickAll) { boxes(target.dataset.tickAll).forEach((b) => { b.checked = target.checked; }); count(target.dataset.tickAll); }
    else if (target.type === "checkbox" && target.name) count(target.name);
  });
  document.querySelectorAll("[data-tick-all]").forEach((e) => count(e.dataset.tickAll));
})();
