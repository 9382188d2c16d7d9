// Fields: chosen files by name, the summary of errors above a form, rows that can be added and removed.
"use strict";
(() => {
  const size = (bytes) => bytes < 1048576 ? Math.max(1, Math.round(bytes / 1024)) + " KB" : (bytes / 1048576).toFixed(1) + " MB";

  function showFiles(input) {
    const names = input.closest(".file-box")?.querySelector(".file-names");
    if (!names) return;
    const files = [...input.files];
    if (!files.length) { names.textContent = "未选择，也可拖到这里"; return; }
    const list = document.createElement("ul");
    list.append(...files.slice(0, 6).map((file) => {
      const item = document.createElement("li");
      item.textContent = file.name + "（" + size(file.size) + "）";
      return item;
    }));
    if (files.length > 6) list.append("等 " + files.length + " 个文件");
    names.replaceChildren(list);
  }

  // The server lists the errors in most forms; where it shows them only beside the fields, the list is made here.
  function summarise(form) {
    if (form.querySelector(".error-summary")) return;
    const wrong = [...form.querySelectorAll(".invalid-feedback.d-block")].filter((e) => e.textContent.trim());
    if (!wrong.length) return;
    const box = document.createElement("div");
    box.className = "alert alert-danger error-summary m-3";
    box.tabIndex = -1;
    box.dataset.focus = "";
    box.setAttribute("role", "alert");
    const heading = document.createElement("strong");
    heading.textContent = "没有保存，请修改后再提交：";
    const list = document.createElement("ul");
    list.append(...wrong.map((e) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      const label = e.parentElement.querySelector("label, legend");
      link.href = "#" + e.id.replace(/_error$/, "");
      link.textContent = label ? label.textContent.trim() : "此处";
      item.append(link, "：" + e.textContent.trim());
      return item;
    }));
    box.append(heading, list);
    form.prepend(box);
  }

  function addRow(button) {
    const rows = document.getElementById(button.dataset.addRow);
    const template = document.getElementById(button.dataset.addRow + "-template");
    const total = document.getElementById(button.dataset.total || "");
    const index = total ? Number(total.value) : rows.children.length;
    const holder = document.createElement("template");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", String(index));
    rows.append(holder.content);
    if (total) total.value = String(index + 1);
    rows.lastElementChild?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    document.dispatchEvent(new Event("midun:added"));
  }

  document.addEventListener("change", (event) => { if (event.target.type === "file") showFiles(event.target); });
  for (const [name, over] of [["dragenter", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => event.target.closest?.(".file-box")?.classList.toggle("is-over", over));
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-add-row], [data-remove-row]");
    if (!target) return;
    if (target.dataset.addRow) addRow(target);
    else target.closest("[data-row]")?.remove();
  });

  // A link of the summary leads into what is folded away.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".error-summary a[href^='#']");
    const field = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!field) return;
    event.preventDefault();
    field.closest("details")?.setAttribute("open", "");
    const focusable = field.matches("input, select, textarea") ? field : field.querySelector("input, select, textarea");
    (focusable || field).focus();
  });

  document.querySelectorAll("form").forEach(summarise);
  document.querySelector("[data-focus]")?.focus();
})();
