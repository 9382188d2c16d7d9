// Choosing what to deposit: files, a folder, or both dropped on the page. Nothing of it is sent anywhere.
"use strict";
(() => {
  const midun = globalThis.midun;
  const MOST = 100000;

  // Paths inside a chosen folder are told from that folder on, as `midun deposit DIR` tells them.
  const below = (path) => path.slice(path.indexOf("/") + 1);

  function read(reader) {
    return new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
  }

  async function walk(entry, prefix, found) {
    if (found.length > MOST) return;
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
      found.push({ path: prefix + entry.name, file });
      return;
    }
    const reader = entry.createReader();
    for (let part = await read(reader); part.length; part = await read(reader)) {  // a hundred at a time
      for (const child of part) await walk(child, prefix + entry.name + "/", found);
    }
  }

  async function dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.length) return picked([...transfer.files]);
    const found = [];
    for (const entry of entries) await walk(entry, "", found);
    const folder = entries.length === 1 && entries[0].isDirectory;
    return { folder, files: folder ? found.map(({ path, file }) => ({ path: below(path), file })) : found };
  }

  function picked(files) {
    const folder = files.some((file) => file.webkitRelativePath);
    return {
      folder,
      files: files.map((file) => ({ path: folder ? below(file.webkitRelativePath) : file.name, file })),
    };
  }

  // A sentence for what cannot be deposited so, or "".
  function problem({ files }) {
    if (!files.length) return "所选文件夹里没有文件，请另选。";
    if (files.length > MOST) return `一次最多 ${MOST.toLocaleString("zh-CN")} 个文件，请分几次存证。`;
    if (new Set(files.map(({ path }) => path)).size !== files.length) {
      return "所选的文件中有重名的，无法区分。请把它们放进一个文件夹，再选择该文件夹。";
    }
    const bad = files.find(({ path }) => !midun.tlog.validPath(path));
    return bad ? `文件名“${bad.path.slice(0, 60)}”不能用，请改名后重选。` : "";
  }

  function size(bytes) {
    if (bytes < 1024) return `${bytes} 字节`;
    const units = ["KB", "MB", "GB", "TB"];
    let at = -1;
    for (let value = bytes; value >= 1024 && at < units.length - 1; value /= 1024) at++;
    return `${(bytes / 1024 ** (at + 1)).toFixed(at ? 1 : 0)} ${units[at]}`;
  }

  // Calls `onChosen({folder, files: [{path, file}]})` or `onProblem(sentence)`.
  function chooser(root, { onChosen, onProblem }) {
    const take = async (choosing) => {
      try {
        const chosen = await choosing;
        const wrong = problem(chosen);
        if (wrong) onProblem(wrong);
        else onChosen(chosen);
      } catch {
        onProblem("没能读出所选的文件，请确认它们没有被别的程序占用后重选。");
      }
    };
    for (const input of root.querySelectorAll("input[type=file][data-choose]")) {
      input.addEventListener("change", () => {
        if (input.files.length) take(Promise.resolve(picked([...input.files])));
      });
    }
    root.addEventListener("dragover", (event) => {
      event.preventDefault();
      root.classList.add("over");
    });
    root.addEventListener("dragleave", () => root.classList.remove("over"));
    root.addEventListener("drop", (event) => {
      event.preventDefault();
      root.classList.remove("over");
      take(dropped(event.dataTransfer));
    });
  }

  Object.assign(midun, { chooser, sizeInWords: size });
})();
