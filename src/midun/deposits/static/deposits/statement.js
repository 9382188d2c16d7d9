// Showing the statement of an earlier deposit: the opening file is read here, only its statement is sent.
"use strict";
(() => {
  const { tlog } = globalThis.midun;
  const form = document.querySelector("[data-show-statement]");
  if (!form) return;
  const commitment = form.dataset.commitment;
  const told = form.querySelector("[data-told]");
  const list = form.querySelector("dl");
  const button = form.querySelector("button");

  let worker = null;

  // Meta and commitment of an opening of one file, or of a manifest (read in a worker: it may have 100,000 files).
  // Throws Refused for anything else.
  async function read(file) {
    worker?.terminate();
    if (!(await file.slice(0, 40).text()).startsWith('{"format": "midun-manifest/1"')) {
      const opening = globalThis.midun.Opening.parse(new Uint8Array(await file.slice(0, tlog.MAX_OPENING + 1).arrayBuffer()));
      return { meta: opening.meta, commitment: opening.commitment() };
    }
    worker = new Worker(form.dataset.worker);
    worker.postMessage({ scripts: form.dataset.scripts.split(" ") });
    worker.postMessage({ file });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.commitment) resolve(data);
        else if (data.failed) reject(new tlog.Refused("opening-malformed"));
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new tlog.Refused("worker"));
      };
    }).finally(() => worker.terminate());
  }

  form.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    button.disabled = true;
    list.replaceChildren();
    told.textContent = "";
    if (!file) return;
    told.textContent = "正在读取……";
    try {
      const found = await read(file);
      if (event.target.files[0] !== file) return;
      if (tlog.hex(found.commitment.sha256) + tlog.hex(found.commitment.sm3) !== commitment) {
        told.textContent = "这份开启信息不是本条存证的，请按文件名中的编号查找。";
        return;
      }
      const text = new TextDecoder().decode(found.meta);
      if (!text.startsWith('{"format":"midun-statement/')) {
        told.textContent = "这份开启信息中没有来源说明，无可出示。";
        return;
      }
      const labels = JSON.parse(form.dataset.labels);
      for (const [key, said] of Object.entries(JSON.parse(text))) {
        if (!labels[key]) continue;
        const term = document.createElement("dt"), what = document.createElement("dd");
        term.textContent = labels[key];
        what.textContent = said;
        list.append(term, what);
      }
      form.querySelector("[name=text]").value = text;
      told.textContent = "以下内容将出示给平台，并写入证明包。出示后不能更改或撤回：";
      button.disabled = false;
    } catch {
      told.textContent = "这不是开启信息文件。";
    }
  });
})();
