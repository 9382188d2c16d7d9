// The trend of the big screen: events as bars, visits as a line, a day a column. Sizes follow the screen like the rest.
"use strict";
globalThis.midunTrend = (() => {
  let chart;
  let last;

  function draw(days) {
    last = days;
    const place = document.getElementById("trend");
    const style = getComputedStyle(document.documentElement);
    const dim = style.getPropertyValue("--dim").trim();
    const unit = window.innerWidth / window.innerHeight > 2.5 ? window.innerHeight / 100 : Math.min(window.innerHeight / 100, window.innerWidth * 0.005625);
    const size = Math.max(12, unit * 1.45);
    chart ??= window.echarts.init(place, null, { renderer: "svg" });
    const axis = {
      axisLabel: { color: dim, fontSize: size },
      axisLine: { lineStyle: { color: "#1f4b7d" } },
      axisTick: { show: false },
    };
    const blue = new window.echarts.graphic.LinearGradient(0, 0, 0, 1, [
      { offset: 0, color: "#63d0ff" }, { offset: 1, color: "#14508f" },
    ]);
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: "inherit" },
      grid: { left: 4, right: 8, top: size * 2.8, bottom: 0, containLabel: true },
      legend: { textStyle: { color: dim, fontSize: size }, top: 0, right: 0, itemWidth: size * 1.4, itemHeight: size * 0.8 },
      tooltip: { trigger: "axis", renderMode: "richText", textStyle: { fontSize: size } },
      xAxis: { type: "category", data: days.map((d) => Number(d.day.slice(5, 7)) + "-" + Number(d.day.slice(8))), ...axis },
      yAxis: { type: "value", minInterval: 1, ...axis, axisLine: { show: false }, splitLine: { lineStyle: { color: "rgba(99, 208, 255, .14)" } } },
      series: [
        { name: "活动（场次）", type: "bar", barMaxWidth: size * 1.6, data: days.map((d) => d.events), itemStyle: { color: blue, borderRadius: [2, 2, 0, 0] } },
        { name: "走访（次）", type: "line", data: days.map((d) => d.visits), showSymbol: false, smooth: 0.25, smoothMonotone: "x", itemStyle: { color: "#ffd479" }, lineStyle: { width: Math.max(2, unit * 0.28) } },
      ],
    });
  }

  new ResizeObserver(() => { if (chart) { chart.resize(); draw(last); } }).observe(document.getElementById("trend") || document.body);
  return draw;
})();
