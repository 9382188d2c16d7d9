// The deposit page: choose → digest → save the opening → send the commitments. What is sent is exactly the body in
// `send`, and the source statement if the person ticked that box; files, names, digests, salts and keys stay here.
"use strict";
(() => {
  const midun = globalThis.midun;
  const root = document.querySelector("[data-deposit]");
  const { tlog } = midun;
  const places = { worker: root.dataset.worker, scripts: root.dataset.scripts.split(" ") };
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const all = (name) => root.querySelectorAll(`[data-${name}]`);
  const one = (name) => root.querySelector(`[data-${name}]`);
  const value = (name) => root.querySelector(`#${name}`)?.value.trim() ?? "";

  let chosen = null, made = null, stop = null, requestKey = "";

  const NUMBERS = { choose: 1, ready: 1, work: 1, keep: 2, send: 3 };
  function show(state, focus = true) {
    root.dataset.state = state;
    for (const element of all("part")) element.hidden = !element.dataset.in.split(" ").includes(state);
    for (const step of all("step")) {
      const number = Number(step.dataset.step);
      step.classList.toggle("done", number < NUMBERS[state]);
      if (number === NUMBERS[state]) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    }
    if (focus) part(state)?.querySelector("h2")?.focus();
  }

  function tell(text) {
    const box = one("problem");
    box.hidden = !text;
    box.querySelector("span").textContent = text;
    if (text) box.focus();
  }

  // --- choose ---

  function showChosen() {
    const { files, folder } = chosen;
    const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    one("count").textContent = files.length === 1 && !folder
      ? midun.sizeInWords(bytes)
      : `${folder ? "文件夹，" : ""}${files.length.toLocaleString("zh-CN")} 个文件，共 ${midun.sizeInWords(bytes)}`;
    const shown = files.slice(0, 5).map(({ path }) => {
      const item = document.createElement("li");
      item.textContent = path;
      return item;
    });
    if (files.length > 5) {
      const more = document.createElement("li");
      more.className = "text-secondary";
      more.textContent = `……还有 ${(files.length - 5).toLocaleString("zh-CN")} 个`;
      shown.push(more);
    }
    one("names").replaceChildren(...shown);
  }

  midun.chooser(one("drop"), {
    onChosen(found) {
      chosen = found;
      tell("");
      showChosen();
      show("ready");
    },
    onProblem: tell,
  });

  function again() {
    stop?.abort();
    chosen = made = null;
    for (const input of root.querySelectorAll("input[type=file]")) input.value = "";
    one("kept").checked = false;
    tell("");
    show("choose");
  }

  // --- digest ---

  // docs/formats/statement.md: the keys in this order, none that is empty.
  function statement() {
    const fields = {};
    for (const key of ["maker", "system", "made", "exported", "note"]) if (value(key)) fields[key] = value(key);
    return Object.keys(fields).length ? JSON.stringify({ format: "midun-statement/1", ...fields }) : "";
  }

  function showProgress(share) {
    const bar = one("bar"), percent = Math.floor(share * 100);
    bar.value = share;
    one("percent").textContent = `${percent}%`;
  }

  async function digest() {
    stop = new AbortController();
    showProgress(0);
    tell("");
    show("work");
    const { signal } = stop, said = statement();
    try {
      const files = chosen.files.map(({ file }) => file);
      const digests = await midun.digestFiles(places, files, { signal, onProgress: showProgress });
      made = await opening(digests, said, signal);
      if (signal.aborted) return;
      requestKey = crypto.randomUUID?.() ?? tlog.hex(crypto.getRandomValues(new Uint8Array(16)));
      showMade();
      show("keep");
    } catch (error) {
      if (error.reason === "cancelled") return;
      const name = error.file ? `“${error.file.name}”` : "文件";
      tell(error.reason === "file-changing"
        ? `${name}在计算时被改动、移动或无法读取。请关闭正在使用它的程序，重新选择。`
        : "计算没有完成，请重新选择文件再试一次。");
      show("choose", false);
    }
  }

  // The opening of one file, or the manifest of a set: what the person keeps, and the commitments of it.
  async function opening(digests, said, signal) {
    const secret = crypto.getRandomValues(new Uint8Array(32)), meta = tlog.utf8(said);
    if (chosen.files.length === 1 && !chosen.folder) {
      const built = new midun.Opening(secret, meta, digests[0]);
      return { kind: 1, said, commitment: built.commitment(), file: new Blob([built.encode()]), ending: "json" };
    }
    const files = chosen.files.map(({ path }, i) => [path, digests[i]]);
    const built = await midun.makeManifest(places, secret, files, meta, { signal });
    return { kind: 2, said, ...built, ending: "jsonl" };
  }

  // --- keep ---

  function showMade() {
    const now = new Date(), two = (number) => String(number).padStart(2, "0");
    const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
    made.code = tlog.hex(made.commitment.sha256).slice(0, 8);
    made.name = `存证开启信息-${day}-${made.code}.${made.ending}`;
    for (const place of all("file-name")) place.textContent = made.name;
    one("kept").checked = false;
    one("kept").disabled = true;
    one("checked").textContent = "";
    one("next").disabled = true;
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(made.file);
    link.download = made.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    one("kept").disabled = false;
  }

  // The saved file, chosen again, must be the one that was made: the only way to know that it lies where it should.
  async function check(input) {
    const file = input.files[0];
    if (!file) return;
    const same = file.size === made.file.size
      && tlog.equal(new Uint8Array(await file.arrayBuffer()), new Uint8Array(await made.file.arrayBuffer()));
    one("checked").textContent = same ? "核对无误：这就是本次的开启信息文件。" : "这不是本次的开启信息文件，请重新保存或另选。";
    one("checked").className = same ? "check-same" : "overdue";
    one("kept").disabled = one("kept").disabled && !same;
    one("kept").checked = same;
    one("next").disabled = !same;
    input.value = "";
  }

  // --- send ---

  async function post(address, headers, body) {
    return fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRFToken": root.querySelector("[name=csrfmiddlewaretoken]").value, ...headers },
      body,
    });
  }

  const PATIENCE = 120, LONGEST_WAIT = 30;  // seconds

  // A busy or restarting log says when to ask again; the same request key makes asking again harmless.
  async function patiently(address, headers, body) {
    const end = Date.now() + PATIENCE * 1000;
    for (;;) {
      const answer = await post(address, headers, body);
      const wait = Number(answer.headers.get("Retry-After")) || 0;
      if (![429, 503].includes(answer.status) || Date.now() > end || !wait || wait > LONGEST_WAIT) return answer;
      const why = answer.status === 503 ? "存证日志正在启动" : "平台正忙";
      one("waiting").textContent = `${why}，${wait} 秒后自动再提交，请不要关闭本页……`;
      await new Promise((resolve) => { setTimeout(resolve, wait * 1000); });
    }
  }

  async function send() {
    const button = one("send");
    button.disabled = true;
    button.classList.add("btn-loading");
    tell("");
    try {
      const headers = { "Content-Type": "application/json", "Idempotency-Key": requestKey };
      const answer = await patiently(root.dataset.api, headers, JSON.stringify({
        kind: made.kind,
        sha256: tlog.hex(made.commitment.sha256),
        sm3: tlog.hex(made.commitment.sm3),
        claimed_at: Math.floor(Date.now() / 1000),
        project: value("project") || null,
        label: value("label") || null,
      }));
      const told = await answer.json();
      if (!answer.ok) throw Object.assign(new Error(), { told: told?.error?.message });
      await showStatement(told.deposit);
      location.assign(`${root.dataset.done}${told.deposit}/`);
    } catch (error) {
      tell(error.told ?? "没有收到平台的答复。请检查网络后再点一次“提交存证”：重复提交不会重复存证。");
      button.disabled = false;
      button.classList.remove("btn-loading");
    } finally {
      one("waiting").textContent = "";
    }
  }

  async function showStatement(deposit) {
    if (!made.said || !one("show-statement")?.checked) return;
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    await post(`${root.dataset.done}${deposit}/statement/`, headers, new URLSearchParams({ text: made.said }));
  }

  const acts = {
    again, digest, save, send,
    cancel: () => {
      stop?.abort();
      show("ready");
    },
    next: () => {
      show("send");
    },
    back: () => show("keep"),
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button && !button.disabled) acts[button.dataset.act]();
  });
  one("kept").addEventListener("change", (event) => { one("next").disabled = !event.target.checked; });
  one("check").addEventListener("change", (event) => check(event.target));
  show("choose", false);
})();
