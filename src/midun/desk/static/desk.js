"use strict";
// Dropping files, recipients from a workbook, progress of a batch. Addresses begin with the page's own token.
(() => {
  const root = document.body.dataset.root;
  const size = (bytes) => bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${(bytes / 1024).toFixed(0)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;

  const ask = async (path, body) => {
    const answer = await fetch(root + path, { method: "POST", body, headers: { Accept: "application/json" } });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
    return said;
  };

  const walk = async (entry, path, found) => {
    if (entry.isFile) {
      found.push({ file: await new Promise((ok, no) => entry.file(ok, no)), name: path + entry.name });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((ok, no) => reader.readEntries(ok, no));
      if (!some.length) return;
      for (const one of some) await walk(one, `${path}${entry.name}/`, found);
    }
  };

  for (const box of document.querySelectorAll("[data-drop]")) {
    const list = box.querySelector("[data-files]");
    const said = box.querySelector("[data-said]");
    const submit = box.closest("form")?.querySelector("[data-needs-files]");

    const row = (name, text, refused) => {
      const item = document.createElement("li");
      item.className = refused ? "file-row file-refused" : "file-row";
      const label = document.createElement("span");
      label.className = "file-label";
      label.textContent = name;
      const note = document.createElement("span");
      note.className = "file-note";
      note.textContent = text;
      const off = document.createElement("button");
      off.type = "button";
      off.className = "btn btn-sm btn-ghost-secondary";
      off.textContent = "移除";
      off.dataset.remove = refused ? "" : name;
      off.setAttribute("aria-label", `移除 ${name}`);
      item.append(label, note, off);
      return item;
    };

    const take = async (files) => {
      let done = 0;
      if (submit) submit.disabled = true;
      for (const { file, name } of files) {
        said.textContent = `正在读取 ${++done}/${files.length}：${name}`;
        for (const old of [...list.children]) if (old.querySelector(".file-label").textContent === name) old.remove();
        try {
          const got = await ask(`/drop/${box.dataset.drop}/?name=${encodeURIComponent(name)}${box.dataset.any ? "&any=1" : ""}`, file);
          list.append(row(name, got.refused || size(got.size), Boolean(got.refused)));
        } catch (error) {
          list.append(row(name, error.message || "没有读入，请重试。", true));
        }
      }
      const refused = list.querySelectorAll(".file-refused").length;
      said.textContent = files.length ? `已读入 ${list.children.length - refused} 个文件${refused ? `，${refused} 个不能处理` : ""}。` : "";
      if (submit) submit.disabled = false;
      box.dispatchEvent(new CustomEvent("taken"));
    };

    for (const input of box.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", async () => {
        await take([...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
        input.value = "";
      });
    }
    box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", async (event) => {
      event.preventDefault();
      box.classList.remove("over");
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
      const found = [];
      for (const entry of entries) await walk(entry, "", found);
      await take(found);
    });
    list.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-remove]");
      if (!button) return;
      if (button.dataset.remove) await ask(`/drop/${box.dataset.drop}/remove/?name=${encodeURIComponent(button.dataset.remove)}`, "");
      button.closest("li").remove();
      said.textContent = "";
    });
    if (box.dataset.then) box.addEventListener("taken", () => { if (list.querySelector(".file-row:not(.file-refused)")) box.closest("form").requestSubmit(); });
  }
  // A file that misses the box must not replace the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());

  const sheet = document.querySelector("[data-sheet]");
  if (sheet) {
    const names = document.getElementById("recipients");
    const said = document.getElementById("sheet-said");
    const problems = document.getElementById("sheet-problems");
    sheet.addEventListener("change", async () => {
      const file = sheet.files[0];
      if (!file) return;
      problems.replaceChildren();
      said.textContent = "";
      const query = `?name=${encodeURIComponent(file.name)}`;
      try {
        const got = await ask(`/recipients/read/${query}`, file);
        const held = names.value.split("\n").map((one) => one.trim()).filter(Boolean);
        names.value = [...new Set([...held, ...got.names])].join("\n");
        names.dispatchEvent(new Event("input"));
        said.textContent = `从“${file.name}”读入 ${got.names.length} 位接收人${got.errors.length ? `，另有 ${got.errors.length} 行有误没有读入：` : "。"}`;
        for (const text of got.errors.slice(0, 50)) {
          const item = document.createElement("li");
          item.textContent = text;
          problems.append(item);
        }
        if (got.errors.length) {
          const item = document.createElement("li");
          const save = document.createElement("button");
          save.type = "button";
          save.className = "btn btn-sm";
          save.textContent = "下载标明错误的表格";
          save.addEventListener("click", async () => {
            const answer = await fetch(`${root}/recipients/annotated/${query}`, { method: "POST", body: file });
            const link = document.createElement("a");
            link.href = URL.createObjectURL(await answer.blob());
            link.download = "接收人（有错误说明）.xlsx";
            link.click();
            URL.revokeObjectURL(link.href);
          });
          item.append(save);
          problems.append(item);
        }
      } catch (error) {
        said.textContent = error.message;
      }
      sheet.value = "";
    });
  }

  const key = document.querySelector("[data-key]");
  if (key) key.addEventListener("change", async () => {
    if (!key.files[0]) return;
    document.getElementById("approver_key").value = await key.files[0].text();
    document.querySelector("[data-key-name]").textContent = key.files[0].name;
  });

  for (const box of document.querySelectorAll("[data-grade]")) {
    const more = document.getElementById(box.dataset.grade);
    const until = document.getElementById("until-field");
    const kind = document.getElementById("kind");
    const show = () => {
      more.hidden = !box.value;
      until.hidden = kind.value !== "until";
      const warning = box.selectedOptions[0]?.dataset.warning || "";
      document.getElementById("grade-warning").textContent = warning;
      document.getElementById("grade-warning").hidden = !warning;
    };
    box.addEventListener("change", show);
    kind.addEventListener("change", show);
    show();
  }

  for (const form of document.querySelectorAll("form[data-busy]")) {
    form.addEventListener("submit", () => {
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      button.textContent = form.dataset.busy;
    });
  }

  // Work in the background: its bar moves, and the page is fetched anew once it stands still.
  for (const box of document.querySelectorAll("[data-watch]")) {
    const count = box.querySelector("[data-count]");
    const look = async () => {
      try {
        const answer = await fetch(`${root}${box.dataset.watch}state/`);
        const now = await answer.json();
        if (now.state !== "running") { location.reload(); return; }
        const bar = box.querySelector("progress");
        if (now.total) { bar.max = now.total; bar.value = now.done; } else bar.removeAttribute("value");
        count.textContent = now.said || `${now.done}/${now.total}`;
      } catch { count.textContent = "与工作台的连接已断开，请确认启动它的窗口没有关闭"; }
      setTimeout(look, 700);
    };
    setTimeout(look, 400);
  }

  // One file sent to an address; what comes back is said beside the button.
  for (const pick of document.querySelectorAll("[data-send]")) {
    pick.addEventListener("change", async () => {
      const said = document.getElementById(pick.dataset.said);
      if (!pick.files[0]) return;
      said.textContent = `正在读取 ${pick.files[0].name}`;
      said.className = "text-secondary";
      try {
        said.textContent = (await ask(pick.dataset.send, pick.files[0])).said;
      } catch (error) {
        said.textContent = error.message;
        said.className = "wrong";
      }
      pick.value = "";
    });
  }
})();
