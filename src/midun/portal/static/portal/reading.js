// Text size and contrast, remembered on this device. Runs before the page is painted; without it the page still works.
"use strict";
(() => {
  const root = document.documentElement;
  const get = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const set = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode: the choice lasts for this page */ } };
  const apply = () => {
    const size = get("midun-size") || "1";
    root.classList.toggle("size-2", size === "2");
    root.classList.toggle("size-3", size === "3");
    root.classList.toggle("contrast", get("midun-contrast") === "1");
    document.querySelectorAll("[data-size]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.size === size)));
    document.querySelectorAll("[data-contrast]").forEach((b) => b.setAttribute("aria-pressed", String(root.classList.contains("contrast"))));
  };
  apply();
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".reading-tools, [data-print]").forEach((e) => { e.hidden = false; });
    apply();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-size], [data-contrast], [data-print]");
    if (!button) return;
    if (button.hasAttribute("data-print")) { window.print(); return; }
    if (button.dataset.size) set("midun-size", button.dataset.size);
    else set("midun-contrast", root.classList.contains("contrast") ? "0" : "1");
    apply();
  });
})();
