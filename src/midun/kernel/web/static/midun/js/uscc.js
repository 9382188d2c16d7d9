// The unified social credit code in the browser, word for word what kernel/orgs/uscc.py says on the server.
// Any `input[data-uscc]` is watched, also those htmx brings in later.
(() => {
  "use strict";

  const LENGTH = 18;
  const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
  const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];
  const LOOKALIKES = { I: "1", O: "0", S: "5", Z: "2" };
  const FORMER_NUMBERS = { 9: "组织机构代码", 15: "原工商注册号或税务登记号" };
  const NOISE = /[\x00-\x20\x7f-\xa0\u2000-\u2015\u2028-\u202f\u2060\u2212\ufeff-]/g;

  const normalise = (text) => text.normalize("NFKC").replace(NOISE, "").toUpperCase();

  function problem(text) {
    const code = Array.from(normalise(text));
    return lengthProblem(code) || characterProblem(code) || checkProblem(code);
  }

  function lengthProblem(code) {
    if (code.length === 0) return "请填写统一社会信用代码";
    if (code.length === LENGTH) return null;
    const former = FORMER_NUMBERS[code.length];
    return `统一社会信用代码应为 18 位，现为 ${code.length} 位` + (former ? `；这可能是${former}` : "");
  }

  function characterProblem(code) {
    for (const [index, character] of code.entries()) {
      const position = index + 1;
      if (Object.hasOwn(LOOKALIKES, character)) {
        return `第 ${position} 位不能是字母“${character}”，是否为数字“${LOOKALIKES[character]}”？`;
      }
      if (!ALPHABET.includes(character)) {
        return `第 ${position} 位“${character}”不是统一社会信用代码使用的字符`;
      }
      if (position >= 3 && position <= 8 && !"0123456789".includes(character)) {
        return `第 ${position} 位“${character}”应为数字：第 3—8 位是登记机关的行政区划代码`;
      }
    }
    return null;
  }

  function checkProblem(code) {
    const inner = organisationCheck(code.slice(8, 16));
    if (code[16] !== inner) {
      return `第 17 位“${code[16]}”与第 9—16 位不符，按后者应为“${inner}”，请核对第 9—17 位`;
    }
    const outer = check(code.slice(0, 17));
    if (code[17] !== outer) {
      return `第 18 位校验码“${code[17]}”不符，按前 17 位应为“${outer}”，请逐位核对`;
    }
    return null;
  }

  function organisationCheck(body) {
    const total = body.reduce((sum, character, i) => sum + parseInt(character, 36) * ORGANISATION_WEIGHTS[i], 0);
    return "0123456789X"[(11 - (total % 11)) % 11];
  }

  function check(body) {
    const total = body.reduce((sum, character, i) => sum + ALPHABET.indexOf(character) * WEIGHTS[i], 0);
    return ALPHABET[(31 - (total % 31)) % 31];
  }

  globalThis.midunUscc = { normalise, problem };

  if (typeof document === "undefined") return;

  function feedbackOf(input) {
    let feedback = input.parentElement.querySelector(".invalid-feedback");
    if (!feedback) {
      feedback = document.createElement("div");
      feedback.className = "invalid-feedback";
      input.insertAdjacentElement("afterend", feedback);
    }
    if (!feedback.id) feedback.id = `${input.id || input.name}-problem`;
    return feedback;
  }

  function judge(input, { show }) {
    // An empty field is the business of `required`.
    const message = (normalise(input.value) && problem(input.value)) || "";
    input.setCustomValidity(message);
    const visible = Boolean(message) && show;
    if (!visible && !input.classList.contains("is-invalid")) return;
    const feedback = feedbackOf(input);
    feedback.textContent = message;
    input.classList.toggle("is-invalid", visible);
    input.setAttribute("aria-invalid", String(visible));
    const described = new Set((input.getAttribute("aria-describedby") || "").split(" ").filter(Boolean));
    described.add(feedback.id);
    input.setAttribute("aria-describedby", [...described].join(" "));
  }

  const watched = (event) => (event.target instanceof HTMLInputElement && event.target.matches("[data-uscc]"));

  document.addEventListener("input", (event) => {
    if (!watched(event)) return;
    // While someone still types the code is short, not wrong.
    const complete = Array.from(normalise(event.target.value)).length >= LENGTH;
    judge(event.target, { show: complete });
  });

  document.addEventListener("change", (event) => {
    if (!watched(event)) return;
    event.target.value = normalise(event.target.value);
    judge(event.target, { show: true });
  });
})();
