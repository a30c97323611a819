// Keeps the marked part of a page fresh while it is looked at. Without this script a reload does.
"use strict";
for (const part of document.querySelectorAll("[data-live]")) {
  const pause = 20000;
  const refresh = async () => {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(part.dataset.live, { headers: { Accept: "text/html" } });
        if (answer.ok) {
          const text = await answer.text();
          const open = [...part.querySelectorAll("details")].map((one) => one.open);
          const fresh = document.createElement("div");
          fresh.innerHTML = text;
          const news = fresh.textContent.replace(/\s+/g, " ").trim();
          if (news !== part.textContent.replace(/\s+/g, " ").trim()) {
            part.replaceChildren(...fresh.childNodes);
            part.querySelectorAll("details").forEach((one, i) => { one.open = open[i] ?? one.open; });
          }
        }
      } catch {
        // offline: the next round tries again
      }
    }
    setTimeout(refresh, pause);
  };
  setTimeout(refresh, pause);
}
