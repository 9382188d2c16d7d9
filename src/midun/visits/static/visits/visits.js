// Choosing an enterprise from the search results of the visit form.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (!button) return;
  document.getElementById("id_enterprise").value = button.dataset.pick;
  document.getElementById("chosen").textContent = "已选：" + button.dataset.name;
  document.getElementById("enterprise-found").replaceChildren();
  document.getElementById("enterprise-search").value = "";
});
