// Draws a signature with finger, pen or mouse and sends it as SVG path data ("M x y L x y …").
for (const field of document.querySelectorAll("[data-signature]")) {
  const pad = field.querySelector("canvas");
  const kept = field.querySelector("input");
  const pen = pad.getContext("2d");
  pen.lineWidth = 3;
  pen.lineCap = "round";
  let path = "";
  let drawing = false;
  field.hidden = false;

  function at(event) {
    const box = pad.getBoundingClientRect();
    const x = Math.round(((event.clientX - box.left) * pad.width) / box.width);
    const y = Math.round(((event.clientY - box.top) * pad.height) / box.height);
    return [Math.max(0, x), Math.max(0, y)];
  }
  pad.addEventListener("pointerdown", (event) => {
    const [x, y] = at(event);
    pen.strokeStyle = getComputedStyle(pad).color;
    pen.beginPath();
    pen.moveTo(x, y);
    path += `M${x} ${y}`;
    drawing = true;
    pad.setPointerCapture(event.pointerId);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!drawing || path.length > 19000) return;
    const [x, y] = at(event);
    pen.lineTo(x, y);
    pen.stroke();
    path += `L${x} ${y}`;
    kept.value = path;
  });
  pad.addEventListener("pointerup", () => (drawing = false));
  field.querySelector("[data-clear]").addEventListener("click", () => {
    pen.clearRect(0, 0, pad.width, pad.height);
    path = kept.value = "";
  });
}
