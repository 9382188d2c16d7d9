// A report's summary is read here and shown; only what is shown is sent. A full report is refused before anything leaves.
"use strict";
(() => {
  const form = document.querySelector("[data-submit-summary]");
  if (!form) return;
  const told = form.querySelector("[data-told]");
  const sent = form.querySelector("[data-sent]");
  const field = form.querySelector("[name=text]");
  const button = form.querySelector("button");

  function show(text, said) {
    field.value = text;
    sent.textContent = text;
    sent.hidden = !text;
    told.textContent = said;
    button.disabled = !text;
  }

  form.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    show("", "");
    if (!file) return;
    if (file.size > 64 << 20) {
      show("", "文件过大，不是报告摘要。");
      return;
    }
    try {
      const text = await file.text();
      const format = JSON.parse(text).format;
      if (format === "midun-comparison-summary/1") show(text, "以下是将要提交的全部内容，没有其他：");
      else if (format === "midun-comparison/1") show("", "这是含有秘点内容的完整报告，没有发送。请选择同一文件夹中的 summary.json。");
      else show("", "这不是比对报告的摘要，请选择报告文件夹中的 summary.json。");
    } catch {
      show("", "这不是比对报告的摘要，请选择报告文件夹中的 summary.json。");
    }
  });
})();
