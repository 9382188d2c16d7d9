// Opening one file of a set: the manifest is read here, the opening of the chosen file is made here and saved.
// Nothing of it is sent anywhere. Needs hashes.js, tlog.js and opening.js.
"use strict";
(() => {
  const midun = globalThis.midun;
  const root = document.querySelector("[data-open-one]");
  const one = (name) => root.querySelector(`[data-${name}]`);
  const MOST_SHOWN = 100, LARGEST = 256 << 20;
  let manifest = null, names = [];

  function tell(text) {
    one("problem").hidden = !text;
    one("problem").querySelector("span").textContent = text;
    if (text) one("problem").focus();
  }

  async function read(file) {
    manifest = null;
    one("choose").hidden = true;
    tell("");
    if (file.size > LARGEST) return tell("这不是一组文件的开启信息文件：它太大了。");
    one("state").textContent = "正在读取……";
    await new Promise((resolve) => { setTimeout(resolve, 30); });  // so that the words are seen
    try {
      manifest = midun.Manifest.parse(new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()));
    } catch {
      one("state").textContent = "";
      return tell("这不是一组文件的开启信息文件。请选择存证时保存的 .jsonl 文件；只存证一个文件的 .json 本身就可以直接交出。");
    }
    names = [...manifest.files.keys()].sort((a, b) => a.localeCompare(b, "zh-CN"));
    one("state").textContent = `已读取“${file.name}”：${names.length.toLocaleString("zh-CN")} 个文件。`;
    one("word").value = "";
    one("choose").hidden = false;
    show();
    one("word").focus();
  }

  function row(path, number) {
    const item = document.createElement("label"), radio = document.createElement("input"), text = document.createElement("span");
    item.className = "form-check";
    radio.className = "form-check-input";
    radio.type = "radio";
    radio.name = "path";
    radio.value = path;
    radio.id = `path-${number}`;
    text.className = "form-check-label text-break";
    text.textContent = path;
    item.append(radio, text);
    return item;
  }

  function show() {
    const word = one("word").value.trim().toLowerCase();
    const found = word ? names.filter((path) => path.toLowerCase().includes(word)) : names;
    one("list").replaceChildren(...found.slice(0, MOST_SHOWN).map(row));
    one("more").textContent = !found.length ? "没有这样的文件。"
      : found.length > MOST_SHOWN ? `只列出前 ${MOST_SHOWN} 个，共 ${found.length.toLocaleString("zh-CN")} 个，请输入文件名的一部分查找。` : "";
    one("save").disabled = true;
  }

  function save() {
    const chosen = root.querySelector("[name=path]:checked");
    if (!chosen || !manifest) return;
    const name = chosen.value.slice(chosen.value.lastIndexOf("/") + 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([manifest.open(chosen.value).encode()]));
    link.download = `单个文件的开启信息-${name}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    one("saved").hidden = false;
    one("saved-name").textContent = chosen.value;
  }

  one("manifest").addEventListener("change", (event) => { if (event.target.files.length) read(event.target.files[0]); });
  one("word").addEventListener("input", show);
  one("list").addEventListener("change", () => {
    one("save").disabled = false;
    one("saved").hidden = true;
  });
  one("save").addEventListener("click", save);
  const drop = one("drop");
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) read(event.dataTransfer.files[0]);
  });
})();
