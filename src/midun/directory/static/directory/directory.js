// The form of divisions: choose all boxes of a name, or none.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-check-all]");
  if (!button) return;
  const boxes = [...button.form.querySelectorAll(`input[type="checkbox"][name="${button.dataset.checkAll}"]`)];
  const all = boxes.every((box) => box.checked);
  boxes.forEach((box) => { box.checked = !all; });
  button.textContent = all ? "全选" : "全不选";
});
