// The big screen: asks for its data every fifteen seconds, keeps the last picture when the network fails, and says so.
// What does not fit is turned over in pages; nothing moves where the reader asked for stillness.
"use strict";
(() => {
  const board = document.getElementById("board");
  if (!board) return;
  const EVERY = 15000, TURN = 9000;
  const $ = (id) => document.getElementById(id);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const format = new Intl.NumberFormat("zh-CN");
  const before = new Map();
  let data, page = 0;

  const make = (tag, text, cls) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (cls) e.className = cls;
    return e;
  };

  function bar(share) {
    const outer = make("div", undefined, "bar"), inner = make("i");
    inner.style.width = share + "%";
    outer.append(inner);
    return outer;
  }

  function numberTile(item, n) {
    const a = make("a", undefined, "number");
    a.href = n.url;
    const value = make("b", format.format(n.value));
    value.append(make("small", n.unit));
    a.append(value);
    a.style.flexGrow = room(item, n);
    if (caption(item, n)) a.append(make("span", caption(item, n)));
    a.setAttribute("aria-label", (n === item.numbers[0] ? item.label : item.label + "，" + n.label) + " " + n.value + " " + n.unit + "，查看记录");
    const key = item.number + "/" + n.label;
    if (before.has(key) && before.get(key) !== n.value) a.classList.add("changed");
    before.set(key, n.value);
    return a;
  }

  const caption = (item, n) => item.numbers.length < 2 ? "" : n === item.numbers[0] ? "总数" : n.label;

  // How much room a number needs: its caption, or its digits with the unit.
  const room = (item, n) => Math.max(caption(item, n).length, 3.2 + format.format(n.value).length + n.unit.length);

  function row(items) {
    const line = make("div", undefined, "row");
    line.append(...items.map((item) => {
      const box = make("div", undefined, "item");
      box.style.flexGrow = Math.max(item.label.length, item.numbers.reduce((sum, n) => sum + room(item, n), 0));
      const title = make("h2", item.label);
      title.title = item.label;
      const numbers = make("div", undefined, "numbers");
      numbers.append(...item.numbers.map((n) => numberTile(item, n)));
      box.append(title, numbers);
      return box;
    }));
    return line;
  }

  // Items with several numbers stand in the first row, those with one in the second.
  function figures() {
    const rows = [data.items.filter((i) => i.numbers.length > 1), data.items.filter((i) => i.numbers.length < 2)];
    $("figures").replaceChildren(...rows.filter((items) => items.length).map(row));
  }

  function unitTile(u) {
    const a = make("a", undefined, "unit s" + u.stage), head = make("span", undefined, "unit-head");
    a.href = u.url;
    a.title = u.name + "：" + (u.planned ? `安排 ${u.planned} 项，已开展 ${u.done} 项` : "没有安排") + `，活动 ${u.events} 场，走访 ${u.visits} 次`;
    head.append(make("strong", u.name), make("b", u.planned ? `${u.done}/${u.planned}` : "无安排"));
    a.append(head);
    if (u.planned) a.append(bar(u.share));
    a.append(make("span", `活动 ${format.format(u.events)}　走访 ${format.format(u.visits)}`));
    return a;
  }

  function overall() {
    const planned = data.units.reduce((sum, u) => sum + u.planned, 0);
    const done = data.units.reduce((sum, u) => sum + u.done, 0);
    if (!planned) { $("overall").replaceChildren(); return; }
    const share = Math.round((100 * done) / planned);
    $("overall").replaceChildren(make("span", `${format.format(done)}/${format.format(planned)} 项`), bar(share), make("b", share + "%"));
  }

  // Shows the page of tiles that fits; the rest comes in turn.
  function units() {
    const place = $("units");
    place.replaceChildren(...data.units.map(unitTile));
    const scrolls = getComputedStyle(place).overflow === "visible";
    const tiles = [...place.children];
    const floor = place.getBoundingClientRect().bottom + 1;
    const fits = scrolls ? tiles.length : tiles.filter((t) => t.getBoundingClientRect().bottom <= floor).length;
    const pages = fits ? Math.ceil(tiles.length / fits) : 1;
    page %= pages;
    if (pages > 1) place.replaceChildren(...tiles.slice(page * fits, (page + 1) * fits));
    $("units-page").textContent = pages > 1 ? `第 ${page + 1}/${pages} 页` : "";
    if (!tiles.length) place.append(make("p", "没有参与单位"));
  }

  function latest() {
    const place = $("latest");
    place.replaceChildren(...data.latest.map((i) => {
      const li = make("li"), a = make("a"), where = make("span", undefined, "where");
      a.href = i.url;
      where.append(make("span", i.day), make("span", i.kind, "kind"), make("span", i.unit));
      a.append(make("span", i.text, "what"), where);
      li.append(a);
      return li;
    }));
    if (!place.children.length) { place.append(make("li", "活动期内还没有记录")); return; }
    if (getComputedStyle(place).overflow === "visible") return;
    const floor = place.getBoundingClientRect().bottom + 1;
    [...place.children].filter((li) => li.getBoundingClientRect().bottom > floor).forEach((li) => li.remove());
  }

  function show() {
    figures();
    overall();
    units();
    latest();
    window.midunTrend(data.days);
    const today = data.days.at(-1);
    $("today").textContent = today ? `最近一日活动 ${today.events} 场，走访 ${today.visits} 次` : "";
  }

  function say(text, broken) {
    $("status").textContent = text;
    $("status").classList.toggle("broken", broken);
  }

  async function refresh() {
    try {
      const answer = await fetch(board.dataset.url, { credentials: "same-origin", cache: "no-store" });
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      data = await answer.json();
    } catch { say("连接中断，显示的是上一次的数据", true); return; }
    show();
    $("as-of").textContent = data.as_of;
    say("每 15 秒自动更新", false);
    board.setAttribute("aria-busy", "false");
  }

  $("full").addEventListener("click", () => document.documentElement.requestFullscreen?.());
  $("choose")?.addEventListener("change", (event) => location.assign(event.target.value));
  if (!document.fullscreenEnabled) $("full").hidden = true;
  let waiting;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => { if (data) show(); }, 150); });
  refresh();
  setInterval(refresh, EVERY);
  if (!still) setInterval(() => { if (data && !board.querySelector("#units :is(:hover, :focus)")) { page += 1; units(); } }, TURN);
})();
