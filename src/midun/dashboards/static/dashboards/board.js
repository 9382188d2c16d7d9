// The big screen: fetches its data every 20 seconds, keeps the last picture when the network fails, and says so.
"use strict";
(() => {
  const board = document.getElementById("board");
  if (!board) return;
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, cls) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (cls) e.className = cls;
    return e;
  };
  const format = new Intl.NumberFormat("zh-CN");
  let chart;

  function figures(data) {
    $("figures").replaceChildren(...data.figures.map((f) => {
      const a = make("a", undefined, "figure");
      a.href = f.url;
      const value = make("b", format.format(f.value));
      value.append(make("small", f.unit));
      a.append(make("span", f.label), value);
      return a;
    }));
  }

  function units(data) {
    $("units-link").href = data.units_url;
    $("units").replaceChildren(...data.units.map((u) => {
      const a = make("a", undefined, "unit s" + u.stage);
      a.href = data.units_url;
      a.title = u.name;
      const plan = u.planned ? `${u.done}/${u.planned} 项` : "无安排";
      a.append(make("strong", u.name), make("span", `${plan}　活动 ${u.events}　走访 ${u.visits}`));
      return a;
    }));
  }

  function trend(data) {
    $("days-link").href = data.days_url;
    const style = getComputedStyle(board);
    const size = Math.max(11, Math.min(window.innerHeight / 100, window.innerWidth / 139) * 1.45);
    const ink = style.getPropertyValue("--dim").trim();
    chart ??= window.echarts.init($("trend"), null, { renderer: "svg" });
    const axis = { axisLabel: { color: ink, fontSize: size }, axisLine: { lineStyle: { color: "#24507f" } } };
    chart.setOption({
      animation: false,
      grid: { left: 8, right: 12, top: size * 3, bottom: 4, containLabel: true },
      legend: { textStyle: { color: ink, fontSize: size }, top: 0, right: 0 },
      tooltip: { trigger: "axis", renderMode: "richText" },
      xAxis: { type: "category", data: data.days.map((d) => d.day.slice(5)), ...axis },
      yAxis: { type: "value", minInterval: 1, ...axis, splitLine: { lineStyle: { color: "#16395f" } } },
      series: [
        { name: "活动（场次）", type: "bar", data: data.days.map((d) => d.events), itemStyle: { color: "#5ec8ff" } },
        { name: "走访（次）", type: "line", data: data.days.map((d) => d.visits), itemStyle: { color: "#ffd479" }, lineStyle: { width: 3 }, symbolSize: 7 },
      ],
    });
  }

  function latest(data) {
    const items = data.latest.map((i) => {
      const li = make("li");
      const a = make("a");
      a.href = i.url;
      a.append(make("span", i.day), make("span", i.unit), i.text);
      li.append(a);
      return li;
    });
    $("latest").replaceChildren(...(items.length ? items : [make("li", "活动期内还没有记录", "empty")]));
  }

  async function refresh() {
    try {
      const answer = await fetch(board.dataset.url, { credentials: "same-origin", cache: "no-store" });
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) throw new Error(answer.status);
      const data = await answer.json();
      figures(data); units(data); trend(data); latest(data);
      $("as-of").textContent = data.as_of;
      $("status").textContent = "";
      board.setAttribute("aria-busy", "false");
    } catch (error) {
      $("status").textContent = "连接中断，显示的是上一次的数据";
    }
  }

  new ResizeObserver(() => chart?.resize()).observe($("trend"));
  refresh();
  setInterval(refresh, 20000);
})();
