// Small helpers for every page: printing, copying, confirmation, one submit at a time, the page for a broken network.
"use strict";
(() => {
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-print], [data-copy], [data-back], [data-reload]");
    if (!target) return;
    if ("print" in target.dataset) window.print();
    if ("back" in target.dataset) history.length > 1 ? history.back() : location.assign("/");
    if ("reload" in target.dataset) location.reload();
    if (target.dataset.copy) copy(target);
  });

  async function copy(button) {
    const label = [...button.childNodes];
    try { await navigator.clipboard.writeText(button.dataset.copy); button.replaceChildren("已复制"); }
    catch { window.prompt("请按 Ctrl+C 复制", button.dataset.copy); }
    setTimeout(() => button.replaceChildren(...label), 2000);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const ask = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (event.defaultPrevented) return;
    if (ask && !window.confirm(ask)) { event.preventDefault(); return; }
    if (form.method !== "post") return;
    if (form.dataset.busy) { event.preventDefault(); return; }
    form.dataset.busy = "1";
    setTimeout(() => { delete form.dataset.busy; }, 4000);
  });

  if (document.querySelector("[data-autoprint]")) window.addEventListener("load", () => window.print());

  document.querySelectorAll("[data-autosubmit]").forEach((e) => e.addEventListener("change", () => e.form.requestSubmit()));

  // What scrolls sideways can be reached and scrolled with the keyboard.
  document.querySelectorAll(".table-responsive").forEach((e) => { if (e.scrollWidth > e.clientWidth) e.tabIndex = 0; });

  if (document.body.classList.contains("work")) navigator.serviceWorker?.register("/worker.js").catch(() => undefined);
})();
