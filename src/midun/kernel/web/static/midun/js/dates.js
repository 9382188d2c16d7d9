// Dates and times are written one way (2026-11-24, 24 hours) whatever the browser's own language. Where there is a mouse
// they are typed and picked from a calendar of our own; on touch screens the device's picker stays, it is quicker there.
"use strict";
(() => {
  const FIELDS = "input[type=date], input[type=datetime-local], input[type=time]";
  const pad = (n) => String(n).padStart(2, "0");
  const iso = (d) => d.getFullYear() + "-" + pad(d.getMonth() + 1) + "-" + pad(d.getDate());
  const WEEK = ["日", "一", "二", "三", "四", "五", "六"];
  const KINDS = {
    date: { hint: "年-月-日", wrong: "请按“2026-11-24”的样子填写日期" },
    "datetime-local": { hint: "年-月-日 时:分", wrong: "请按“2026-11-24 14:05”的样子填写日期和时间" },
    time: { hint: "时:分", wrong: "请按“14:05”的样子填写时间" },
  };

  function dayOf(text) {
    const plain = text.trim().replace(/[年月./]/g, "-").replace("日", "").normalize("NFKC");
    const parts = /^\d{8}$/.test(plain) ? [plain.slice(0, 4), plain.slice(4, 6), plain.slice(6)] : plain.split("-");
    if (parts.length === 2) parts.unshift(String(new Date().getFullYear()));
    if (parts.length !== 3 || !parts.every((p) => /^\d{1,4}$/.test(p)) || parts[0].length !== 4) return null;
    const day = new Date(Number(parts[0]), Number(parts[1]) - 1, Number(parts[2]));
    return day.getMonth() === Number(parts[1]) - 1 && day.getDate() === Number(parts[2]) ? day : null;
  }

  function timeOf(text) {
    const found = /^(\d{1,2})[:：时]?(\d{2})(?:[:：]\d{2})?分?$/.exec(text.trim());
    return found && Number(found[1]) < 24 && Number(found[2]) < 60 ? pad(found[1]) + ":" + found[2] : null;
  }

  function tidy(kind, text) {
    if (kind === "time") return timeOf(text);
    const [first, ...rest] = text.trim().split(/[T\s]+/);
    const day = dayOf(first);
    if (kind === "date") return day && !rest.length ? iso(day) : null;
    const time = timeOf(rest.join(""));
    return day && time ? iso(day) + " " + time : null;
  }

  function judge(input, kind) {
    const text = input.value.trim();
    const good = text ? tidy(kind, text) : "";
    if (good) input.value = good;
    const wrong = good === null;
    input.setCustomValidity(wrong ? KINDS[kind].wrong : "");
    if (wrong || input.dataset.wrong) {
      input.classList.toggle("is-invalid", wrong);
      input.setAttribute("aria-invalid", String(wrong));
      const place = document.getElementById(input.id + "_error");
      if (place) { place.textContent = wrong ? KINDS[kind].wrong : ""; place.classList.toggle("d-block", wrong); }
      input.dataset.wrong = wrong ? "1" : "";
    }
  }

  let open = null;
  function close() {
    open?.remove();
    open = null;
  }

  const button = (text, label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  class Calendar {
    constructor(input, kind) {
      this.input = input;
      this.kind = kind;
      this.chosen = dayOf(input.value.split(/[T\s]/)[0] || "");
      this.day = this.chosen || new Date();
      this.box = document.createElement("div");
      this.box.className = "date-pop";
      this.box.setAttribute("role", "dialog");
      this.box.setAttribute("aria-label", "选择日期");
      this.box.addEventListener("keydown", (event) => this.key(event));
      input.parentElement.append(this.box);
      this.draw();
    }

    draw() {
      const head = document.createElement("div");
      head.className = "date-head";
      const title = document.createElement("span");
      title.setAttribute("aria-live", "polite");
      title.textContent = this.day.getFullYear() + "年" + (this.day.getMonth() + 1) + "月";
      head.append(button("«", "上一年", () => this.shift(0, -12)), button("‹", "上个月", () => this.shift(0, -1)), title,
        button("›", "下个月", () => this.shift(0, 1)), button("»", "下一年", () => this.shift(0, 12)));
      const foot = document.createElement("div");
      foot.className = "date-foot";
      foot.append(button("清除", "", () => this.pick(null)), button("今天", "", () => this.pick(new Date())));
      this.box.replaceChildren(head, this.table(), foot);
      this.box.querySelector("[data-here]").focus();
    }

    table() {
      const table = document.createElement("table");
      const row = table.createTHead().insertRow();
      row.append(...["一", "二", "三", "四", "五", "六", "日"].map((name) => {
        const th = document.createElement("th");
        th.scope = "col";
        th.textContent = name;
        return th;
      }));
      const first = new Date(this.day.getFullYear(), this.day.getMonth(), 1);
      const start = new Date(first.getFullYear(), first.getMonth(), 1 - ((first.getDay() + 6) % 7));
      const body = table.createTBody();
      for (let n = 0; n < 42; n += 1) {
        const day = new Date(start.getFullYear(), start.getMonth(), start.getDate() + n);
        (n % 7 ? body.lastElementChild : body.insertRow()).insertCell().append(this.dayButton(day));
      }
      return table;
    }

    dayButton(day) {
      const label = day.getFullYear() + "年" + (day.getMonth() + 1) + "月" + day.getDate() + "日 星期" + WEEK[day.getDay()];
      const made = button(String(day.getDate()), label, () => this.pick(day));
      const here = iso(day) === iso(this.day);
      made.tabIndex = here ? 0 : -1;
      if (here) made.dataset.here = "";
      made.classList.toggle("outside", day.getMonth() !== this.day.getMonth());
      made.classList.toggle("today", iso(day) === iso(new Date()));
      made.setAttribute("aria-pressed", String(Boolean(this.chosen) && iso(day) === iso(this.chosen)));
      return made;
    }

    shift(days, months = 0) {
      const to = new Date(this.day.getFullYear(), this.day.getMonth() + months, 1);
      const last = new Date(to.getFullYear(), to.getMonth() + 1, 0).getDate();
      this.day = new Date(to.getFullYear(), to.getMonth(), Math.min(this.day.getDate(), last) + days);
      this.draw();
    }

    key(event) {
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
      const months = { PageUp: -1, PageDown: 1 };
      if (event.key === "Escape") { close(); this.input.focus(); }
      else if (event.key in months) this.shift(0, months[event.key]);
      else if (event.key in steps && event.target.closest("td")) this.shift(steps[event.key]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    pick(day) {
      const time = this.input.value.trim().split(/[T\s]+/)[1] || "09:00";
      this.input.value = day ? iso(day) + (this.kind === "date" ? "" : " " + time) : "";
      close();
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
      this.input.focus();
    }
  }

  function dress(input) {
    const kind = input.getAttribute("type");
    const value = input.value;
    input.type = "text";
    input.value = value.replace("T", " ");
    input.autocomplete = "off";
    input.placeholder ||= KINDS[kind].hint;
    input.addEventListener("change", () => judge(input, kind));
    if (kind === "time") return;
    const box = document.createElement("div");
    box.className = "date-box";
    input.replaceWith(box);
    const label = input.labels?.[0]?.textContent.trim() || "";
    const opener = button("", "选择日期" + (label ? "：" + label : ""), () => {
      const again = open?.parentElement === box;
      close();
      if (!again) open = new Calendar(input, kind).box;
    });
    opener.className = "date-open";
    box.append(input, opener);
  }

  // On touch screens: the value in our own writing over the device's field.
  function cover(input) {
    if (input.parentElement.classList.contains("date-touch")) return;
    const kind = input.getAttribute("type"), box = document.createElement("div"), shown = document.createElement("span");
    box.className = "date-touch";
    shown.className = "date-shown";
    shown.setAttribute("aria-hidden", "true");
    input.replaceWith(box);
    box.append(input, shown);
    const show = () => { shown.textContent = input.value ? input.value.replace("T", " ") : KINDS[kind].hint; };
    input.addEventListener("input", show);
    input.addEventListener("change", show);
    show();
  }

  const mouse = window.matchMedia("(pointer: fine)").matches;
  const dressAll = () => document.querySelectorAll(FIELDS).forEach(mouse ? dress : cover);
  document.addEventListener("click", (event) => { if (open && !event.target.closest(".date-box")) close(); });
  document.addEventListener("focusin", (event) => { if (open && !event.target.closest(".date-box")) close(); });
  document.addEventListener("midun:added", dressAll);
  document.addEventListener("htmx:afterSettle", dressAll);
  dressAll();
})();
