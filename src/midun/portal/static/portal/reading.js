// What a reader set on this device: text size, line height, contrast, the version for the elderly. Runs before the page
// is painted; without it the page still works.
"use strict";
(() => {
  const root = document.documentElement;
  const get = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const set = (key, value) => { try { localStorage.setItem(key, value); } catch { root.dataset[key.replace("midun-", "")] = value; } };
  const on = (key) => (get(key) ?? root.dataset[key.replace("midun-", "")]) === "1";
  const SWITCHES = [["lines", "midun-lines"], ["contrast", "midun-contrast"], ["elder", "midun-elder"]];

  function apply() {
    const size = get("midun-size") || root.dataset.size || "1";
    for (const n of ["2", "3"]) root.classList.toggle("size-" + n, size === n);
    document.querySelectorAll("[data-size][aria-pressed]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.size === size)));
    for (const [name, key] of SWITCHES) {
      root.classList.toggle(name, on(key));
      document.querySelectorAll("[data-" + name + "]").forEach((b) => b.setAttribute("aria-pressed", String(on(key))));
    }
    document.querySelectorAll("[data-elder] span").forEach((e) => { e.textContent = on("midun-elder") ? "退出长辈版" : "长辈版"; });
  }

  async function copy(button) {
    try { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = "已复制"; }
    catch { window.prompt("请按 Ctrl+C 复制", button.dataset.copy); }
  }

  apply();
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".reading-tools, .article-tools, [data-print], [data-copy]").forEach((e) => { e.hidden = false; });
    apply();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("print" in button.dataset) { window.print(); return; }
    if (button.dataset.copy) { copy(button); return; }
    if (button.dataset.size) set("midun-size", button.dataset.size);
    for (const [name, key] of SWITCHES) if (name in button.dataset) set(key, on(key) ? "0" : "1");
    apply();
  });
})();
