// Opening one file of a set: a worker reads the manifest and makes the opening of the chosen file; it is saved here.
// Nothing of it is sent anywhere.
"use strict";
(() => {
  const root = document.querySelector("[data-open-one]");
  const one = (name) => root.querySelector(`[data-${name}]`);
  const MOST_SHOWN = 100, LARGEST = 256 << 20;
  const count = (number) => number.toLocaleString("zh-CN");
  let worker = null, ready = false, names = [], found = [];

  function tell(text) {
    one("problem").hidden = !text;
    one("problem").querySelector("span").textContent = text;
    if (text) one("problem").focus();
  }

  function begin() {
    worker?.terminate();
    const { worker: place, scripts } = root.dataset;
    worker = new Worker(place);
    worker.postMessage({ scripts: scripts.split(" ") });
    [ready, names] = [false, []];
    one("choose").hidden = one("saved").hidden = true;
    tell("");
  }

  function refuse(text) {
    worker?.terminate();
    one("state").textContent = "";
    one("choose").hidden = true;
    tell(text);
  }

  function read(file) {
    begin();
    if (file.size > LARGEST) return refuse("这不是一组文件的开启信息文件：它太大了。");
    one("state").textContent = "正在读取……";
    const unlike = "这不是一组文件的开启信息文件。请选择存证时保存的 .jsonl 文件；只存证一个文件的 .json 本身就可以直接交出。";
    worker.onmessage = ({ data }) => {
      if (data.failed) refuse(unlike);
      else if (data.names) choose(data.names);
      else if (data.done !== undefined) state(file, `正在核算 ${Math.floor((data.done / names.length) * 100)}%，可以先选文件。`);
      else if (data.commitment) {
        ready = true;
        state(file, "");
        enable();
      } else save(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      refuse("浏览器没有完成核算，可能是内存不足。请换一台电脑再试，或用命令 midun open。");
    };
    worker.postMessage({ file });
    return undefined;
  }

  function state(file, more) {
    one("state").textContent = `已读取“${file.name}”：${count(names.length)} 个文件。${more}`;
  }

  function choose(paths) {
    names = paths.map((path) => [path, path.toLowerCase()]);
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
    const words = one("word").value.trim().toLowerCase().split(/\s+/);
    found = names.filter(([, path]) => words.every((word) => path.includes(word)));
    one("list").replaceChildren(...found.slice(0, MOST_SHOWN).map(([path], number) => row(path, number)));
    one("more").textContent = !found.length ? "没有这样的文件。"
      : found.length > MOST_SHOWN ? `只列出前 ${MOST_SHOWN} 个，共 ${count(found.length)} 个，请输入文件名或文件夹名的一部分查找。` : "";
    enable();
  }

  const chosen = () => root.querySelector("[name=path]:checked");

  function enable() {
    one("save").disabled = !ready || !chosen();
  }

  function save({ path, opening }) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([opening]));
    link.download = `单个文件的开启信息-${path.slice(path.lastIndexOf("/") + 1)}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    one("saved").hidden = false;
    one("saved-name").textContent = path;
  }

  one("manifest").addEventListener("change", (event) => { if (event.target.files.length) read(event.target.files[0]); });
  one("word").addEventListener("input", show);
  one("list").addEventListener("change", () => {
    enable();
    one("saved").hidden = true;
  });
  one("save").addEventListener("click", () => worker.postMessage({ path: chosen().value }));
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
