// Drafts: what is typed into a form[data-draft] is kept on this device for a week, per person, page and form. It comes
// back with a notice, and is dropped when the server says that the form was saved (cookie midun_saved) or at logout.
"use strict";
(() => {
  const PREFIX = "midun-draft:";
  const WEEK = 7 * 864e5;
  const person = document.body.dataset.person || "";
  const SKIPPED = ["file", "password", "submit", "button", "reset"];

  const keys = (start) => Object.keys(localStorage).filter((key) => key.startsWith(start));
  const drop = (start) => keys(start).forEach((key) => localStorage.removeItem(key));

  function dropSaved() {
    const cookie = document.cookie.split("; ").find((c) => c.startsWith("midun_saved="));
    if (!cookie) return;
    drop(PREFIX + person + ":" + decodeURIComponent(cookie.slice("midun_saved=".length)) + ":");
    document.cookie = "midun_saved=; path=/; max-age=0";
  }

  function dropOld() {
    for (const key of keys(PREFIX)) {
      try { if (Date.now() - JSON.parse(localStorage.getItem(key)).at > WEEK) localStorage.removeItem(key); }
      catch { localStorage.removeItem(key); }
    }
  }

  const isKept = (e) => e.name && e.name !== "csrfmiddlewaretoken" && e.name !== "version" && !SKIPPED.includes(e.type)
    && (e.type !== "hidden" || "draft" in e.dataset);
  const isTicked = (e) => ["checkbox", "radio"].includes(e.type);
  const keptFields = (form) => [...form.elements].filter(isKept);
  const versionOf = (form) => form.elements.version?.value || "";
  const totals = (form) => [...form.querySelectorAll("[data-add-row][data-total]")];

  function take(form) {
    const values = keptFields(form).map((e) => [e.name, isTicked(e) ? [e.value, e.checked] : e.value]);
    const rows = totals(form).map((b) => [b.dataset.total, document.getElementById(b.dataset.total)?.value || "0"]);
    const texts = [...form.querySelectorAll("[data-draft-text][id]")].map((e) => [e.id, e.textContent]);
    return { at: Date.now(), version: versionOf(form), rows, values, texts };
  }

  function put(form, draft) {
    for (const [total, count] of draft.rows || []) {
      const button = totals(form).find((b) => b.dataset.total === total);
      const now = document.getElementById(total);
      while (button && now && Number(now.value) < Number(count)) button.click();
    }
    for (const [id, text] of draft.texts || []) {
      const place = document.getElementById(id);
      if (place) place.textContent = text;
    }
    const left = keptFields(form);
    for (const [name, value] of draft.values) {
      const ticked = Array.isArray(value);
      const i = left.findIndex((e) => e.name === name && isTicked(e) === ticked && (!ticked || e.value === value[0]));
      if (i < 0) continue;
      const field = left.splice(i, 1)[0];
      const before = ticked ? field.checked : field.value;
      if (ticked) field.checked = value[1]; else field.value = value;
      if (before === (ticked ? field.checked : field.value)) continue;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      const hidden = field.closest("details");
      if (hidden) hidden.open = true;
    }
  }

  function tell(form, text, buttons) {
    const bar = document.createElement("div");
    bar.className = "alert alert-info d-flex flex-wrap gap-2 align-items-center m-3";
    bar.setAttribute("role", "status");
    const said = document.createElement("span");
    said.className = "me-auto";
    said.textContent = text;
    bar.append(said);
    for (const [label, act] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm";
      button.textContent = label;
      button.addEventListener("click", () => { bar.remove(); act(); });
      bar.append(button);
    }
    form.prepend(bar);
  }

  function draftOf(form) {
    const key = PREFIX + person + ":" + location.pathname + ":" + form.dataset.draft;
    const failed = form.querySelector(".is-invalid, .error-summary");
    const kept = JSON.parse(localStorage.getItem(key) || "null");
    const discard = () => { localStorage.removeItem(key); form.reset(); location.reload(); };
    if (kept && !failed) {
      const when = new Date(kept.at).toLocaleString("zh-CN", { dateStyle: "long", timeStyle: "short" });
      if (kept.version === versionOf(form)) {
        put(form, kept);
        tell(form, "已恢复您 " + when + " 未提交的草稿，照片等文件需要重新选择。", [["丢弃草稿", discard]]);
      } else {
        const restore = () => { put(form, kept); };
        tell(form, "您 " + when + " 的草稿写好之后，这条记录又有了修改。恢复草稿前请先核对现在的内容。",
          [["恢复草稿", restore], ["丢弃草稿", discard]]);
      }
    }
    const save = () => {
      try { localStorage.setItem(key, JSON.stringify(take(form))); } catch { /* full or forbidden: there is no draft then */ }
    };
    form.addEventListener("input", save);
    form.addEventListener("change", (event) => { if (event.isTrusted || "draft" in event.target.dataset) save(); });
  }

  if (person) {
    dropSaved();
    dropOld();
    document.querySelectorAll("form[data-draft]").forEach(draftOf);
  }

  document.querySelectorAll("form[data-logout]").forEach((form) => form.addEventListener("submit", (event) => {
    const mine = keys(PREFIX + person + ":");
    const ask = "本机还有 " + mine.length + " 份没有提交的草稿，退出登录会一并清除。确定退出？";
    if (mine.length && !window.confirm(ask)) { event.preventDefault(); return; }
    mine.forEach((key) => localStorage.removeItem(key));
  }));
})();
