// Small helpers for every page: drafts kept on the device, printing, confirmation, repeated rows. No eval, no inline code.
"use strict";
(() => {
  const prefix = "midun-draft:";
  const person = document.body.dataset.person || "";

  function draftOf(form) {
    const key = prefix + person + ":" + location.pathname + ":" + form.dataset.draft;
    const fields = () => [...form.elements].filter((e) => e.name && !["file", "password", "hidden", "submit", "button"].includes(e.type));
    const save = () => {
      const values = fields().map((e) => [e.name, ["checkbox", "radio"].includes(e.type) ? e.checked : e.value]);
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
    };
    const restore = (values) => {
      const left = fields();
      for (const [name, value] of values) {
        const i = left.findIndex((e) => e.name === name);
        if (i < 0) continue;
        const e = left.splice(i, 1)[0];
        if (typeof value === "boolean") e.checked = value; else e.value = value;
        e.dispatchEvent(new Event("change", { bubbles: true }));
      }
    };
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(key)); } catch { localStorage.removeItem(key); }
    const failed = form.querySelector(".is-invalid, .alert-danger");
    if (kept && Date.now() - kept.at < 7 * 864e5 && !failed) {
      const bar = document.createElement("div");
      bar.className = "alert alert-info d-flex flex-wrap gap-2 align-items-center";
      bar.setAttribute("role", "status");
      bar.append("本机有一份未提交的草稿（" + new Date(kept.at).toLocaleString("zh-CN") + "）。");
      const button = (text, act) => {
        const b = document.createElement("button");
        b.type = "button"; b.className = "btn btn-sm"; b.textContent = text;
        b.addEventListener("click", () => { act(); bar.remove(); });
        bar.append(b);
      };
      button("恢复草稿", () => restore(kept.values));
      button("丢弃", () => localStorage.removeItem(key));
      form.prepend(bar);
    }
    form.addEventListener("input", save);
    form.addEventListener("submit", () => { form.dataset.sent = "1"; sessionStorage.setItem("midun-sent", key); });
  }

  // A draft is dropped when the page after the submit is not the same form again.
  const sent = sessionStorage.getItem("midun-sent");
  if (sent) {
    const again = [...document.querySelectorAll("form[data-draft]")].some((f) => sent.endsWith(":" + location.pathname + ":" + f.dataset.draft));
    if (!again) localStorage.removeItem(sent);
    sessionStorage.removeItem("midun-sent");
  }
  document.querySelectorAll("form[data-draft]").forEach(draftOf);

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-print], [data-add-row], [data-remove-row], [data-copy]");
    if (!target) return;
    if (target.hasAttribute("data-print")) window.print();
    if (target.dataset.copy) navigator.clipboard?.writeText(target.dataset.copy);
    if (target.dataset.addRow) {
      const rows = document.getElementById(target.dataset.addRow);
      const template = document.getElementById(target.dataset.addRow + "-template");
      const total = document.getElementById(target.dataset.total || "");
      const index = total ? Number(total.value) : rows.children.length;
      const holder = document.createElement("template");
      holder.innerHTML = template.innerHTML.replaceAll("__prefix__", String(index));
      rows.append(holder.content);
      if (total) total.value = String(index + 1);
      rows.lastElementChild?.querySelector("input, select, textarea")?.focus();
    }
    if (target.hasAttribute("data-remove-row")) target.closest("[data-row]")?.remove();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const ask = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (ask && !window.confirm(ask)) { event.preventDefault(); return; }
    if (form.method === "post") {
      if (form.dataset.busy) { event.preventDefault(); return; }
      form.dataset.busy = "1";
      setTimeout(() => { delete form.dataset.busy; }, 4000);
    }
  });

  document.querySelectorAll("[data-autosubmit]").forEach((e) => e.addEventListener("change", () => e.form.requestSubmit()));
})();
