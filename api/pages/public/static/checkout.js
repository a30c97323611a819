// Adds rows to the cart and counts down to cut-offs. The page works without it.
"use strict";

const rows = document.querySelector("[data-rows]");
const add = document.querySelector("[data-add-row]");
if (rows && add) {
  add.hidden = false;
  add.addEventListener("click", () => {
    const last = rows.querySelector("[data-row]:last-child");
    const fresh = last.cloneNode(true);
    const number = rows.children.length + 1;
    for (const [name, value] of [["sku", ""], ["qty", "1"]]) {
      const input = fresh.querySelector(`[name=${name}]`);
      const label = fresh.querySelector(`label[for^=${name}]`);
      input.id = `${name}-${number}`;
      label.htmlFor = input.id;
      label.textContent = label.textContent.replace(/\d+/, number);
      input.value = value;
    }
    rows.append(fresh);
    fresh.querySelector("[name=sku]").focus();
  });
}

const unit = (value, name) =>
  new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: name, unitDisplay: "short" }).format(value);

const tell = (element) => {
  const minutes = Math.floor((new Date(element.dataset.until) - Date.now()) / 60000);
  if (minutes < 0 || minutes > 60 * 72) return;
  const hours = Math.floor(minutes / 60);
  const parts = hours ? [unit(hours, "hour"), unit(minutes % 60, "minute")] : [unit(minutes, "minute")];
  element.textContent = parts.join(" ");
};
const clocks = [...document.querySelectorAll("[data-until]")];
const tick = () => clocks.forEach(tell);
if (clocks.length) {
  tick();
  setInterval(tick, 30000);
}
