// The verifier's page: takes files by choice or by drop, shows the verdict. On the site and in the offline file alike.
// Needs hashes.js, tlog.js, opening.js, signatures.js, tokens.js, bundle.js and the words in #vf-words.
"use strict";
(() => {
  const midun = globalThis.midun;
  const find = (id) => document.getElementById(id);
  const PIECE = 4 << 20, SMALL = 2 << 20, BUNDLE = (16 << 20) + 1;
  const MARKS = { ok: "通过", note: "注意", missing: "缺少", failed: "失败" };
  const COLOURS = { valid: "vf-good", "valid-accepted-only": "vf-part", invalid: "vf-bad" };
  const SLOTS = ["bundle", "opening", "file", "policy", "roots"];
  const chosen = {};
  let run = 0;

  const bytesOf = async (file, limit) => new Uint8Array(await file.slice(0, limit).arrayBuffer());

  async function digest(file, mine, tell) {
    const one = new midun.hashes.Sha256(), two = new midun.hashes.Sm3();
    for (let at = 0; at < file.size; at += PIECE) {
      const piece = await bytesOf(file.slice(at, at + PIECE), PIECE);
      if (mine !== run) return null;
      one.update(piece);
      two.update(piece);
      tell(Math.min(1, (at + piece.length) / file.size));
      await new Promise((resolve) => { setTimeout(resolve); });
    }
    return { size: file.size, sha256: one.digest(), sm3: two.digest() };
  }

  function progress(share) {
    const box = find("vf-progress");
    box.hidden = share === null;
    if (share === null) return;
    box.querySelector("progress").value = share;
    box.querySelector("span").textContent = `正在计算文件摘要 ${Math.floor(share * 100)}%`;
  }

  // What stands in each place: our own words, since the browser's speak its own language.
  function nameSlots() {
    for (const name of SLOTS) {
      const said = document.querySelector(`[data-name="${name}"]`);
      said.textContent = chosen[name]?.name ?? "未选择";
      said.closest(".vf-slot").classList.toggle("vf-chosen", Boolean(chosen[name]));
    }
  }

  async function verify() {
    run += 1;
    nameSlots();
    const mine = run;
    find("vf-result").hidden = true;
    progress(null);
    if (!chosen.bundle) return;
    try {
      const data = await bytesOf(chosen.bundle, BUNDLE), beside = {};
      for (const name of ["opening", "policy", "roots"]) {
        if (chosen[name]) beside[name] = await bytesOf(chosen[name], SMALL);
      }
      if (chosen.file && chosen.opening) beside.file = await digest(chosen.file, mine, progress);
      else if (chosen.file) beside.file = { size: 0 };
      if (mine === run) show(midun.verifyBundle(data, beside));
    } catch (error) {
      if (mine !== run) return;
      const sentence = error instanceof DOMException ? "文件读不出，请重新选择。" : `核验程序出错：${error.message}`;
      show({ status: "invalid", sentence, steps: [], facts: {} });
    }
  }

  // A certificate's QR code names its deposit: a bundle of another one is somebody's mistake.
  function isAnother(facts) {
    const wanted = new URLSearchParams(location.hash.slice(1)).get("deposit");
    return Boolean(wanted && facts.deposit && wanted !== facts.deposit);
  }

  function show({ status, sentence, steps, facts }) {
    progress(null);
    find("vf-other").hidden = !isAnother(facts);
    find("vf-sentence").textContent = sentence;
    const trial = status === "valid" && sentence !== midun.words.say.valid;
    find("vf-sentence").className = `vf-box ${trial ? "vf-part" : COLOURS[status]}`;
    find("vf-steps").replaceChildren(...steps.map(({ state, sentence: said }) => {
      const line = document.createElement("li"), mark = document.createElement("b"), text = document.createElement("span");
      mark.textContent = MARKS[state];
      text.textContent = said;
      line.className = `vf-${state}`;
      line.append(mark, text);
      return line;
    }));
    find("vf-steps").hidden = !steps.length;
    find("vf-scope").hidden = status === "invalid";
    find("vf-facts").replaceChildren(...factsOf(facts).map(([name, value]) => {
      const row = document.createElement("div"), term = document.createElement("dt"), said = document.createElement("dd");
      term.textContent = name;
      said.textContent = value;
      row.append(term, said);
      return row;
    }));
    find("vf-facts").hidden = !find("vf-facts").children.length;
    find("vf-result").hidden = false;
  }

  function factsOf(facts) {
    const time = (seconds) => new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 19).replace("T", " ");
    const rows = [
      ["证明包文件", chosen.bundle?.name], ["存证编号", facts.deposit], ["日志", facts.origin], ["序号", facts.index],
      ["检查点条数", facts.size], ["检查点根", facts.root],
      ["时间戳（北京时间）", facts.tokens?.map(({ at, name }) => `${time(at)}　${name}`).join("；")],
      ["见证方签名（北京时间）", facts.cosigned?.map(([name, at]) => `${time(at)}　${name}`).join("；")],
      ["存证人自报时间", facts.claimed_at ? `${time(facts.claimed_at)}（不是证明）` : null],
      ["原文件", chosen.file && facts.file ? chosen.file.name : null],
      ["文件大小", facts.file ? `${facts.file.size} 字节` : null],
      ["文件 SHA-256", facts.file?.sha256], ["文件 SM3", facts.file?.sm3],
      ["核验时间（本机时钟）", facts.deposit ? time(Math.floor(Date.now() / 1000)) : null],
    ];
    return rows.filter(([, value]) => value !== undefined && value !== null && value !== "");
  }

  // What a dropped file is: told by its first bytes.
  async function kindOf(file) {
    const head = new TextDecoder().decode(await bytesOf(file, 400));
    if (head.startsWith("PK") && file.name.toLowerCase().endsWith(".zip") && !chosen.bundle) return "bundle";
    if (head.includes('"midun-opening/1"')) return "opening";
    return "file";
  }

  async function take(files) {
    for (const file of files) {
      const kind = await kindOf(file), held = new DataTransfer();
      held.items.add(file);
      find(`vf-${kind}`).files = held.files;
      chosen[kind] = file;
    }
    await verify();
  }

  function begin() {
    midun.words = JSON.parse(find("vf-words").textContent);
    const form = find("vf-form");
    for (const name of SLOTS) {
      find(`vf-${name}`).addEventListener("change", ({ target }) => {
        [chosen[name]] = target.files;
        verify();
      });
    }
    form.addEventListener("reset", () => {
      for (const name of SLOTS) delete chosen[name];
      setTimeout(verify);
    });
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      form.classList.add("vf-over");
    });
    document.addEventListener("dragleave", () => form.classList.remove("vf-over"));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("vf-over");
      take([...event.dataTransfer.files]);
    });
    find("vf-print").addEventListener("click", () => window.print());
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
