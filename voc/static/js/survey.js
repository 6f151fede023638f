// Only comfort: tells that the page was seen, counts characters, keeps what is half written. Without it everything works.
(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const base = location.pathname.replace(/\/$/, "");
  const text = form.elements.text;
  const count = document.getElementById("count");
  const saved = document.getElementById("saved");
  let timer = 0, dirty = false, sent = false;

  const seen = () => {
    if (document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", seen);
    navigator.sendBeacon(base + "/seen");
  };
  document.addEventListener("visibilitychange", seen);
  seen();

  const number = new Intl.NumberFormat("ja-JP");
  const tell = () => {
    const n = [...text.value].length;
    count.textContent = n > 2000 ? number.format(n) + " 文字(このままお送りいただけます)" : number.format(n) + " / 2,000";
  };
  count.parentElement.hidden = false;
  tell();

  const body = () => new URLSearchParams(new FormData(form));
  const save = () => {
    clearTimeout(timer);
    if (!dirty || sent) return;
    dirty = false;
    fetch(base + "/draft", { method: "POST", body: body() }).then(
      (answer) => { if (answer.ok && !sent) saved.textContent = "書きかけを保存しました"; },
      () => { dirty = true; },
    );
  };
  form.addEventListener("input", () => {
    dirty = true;
    sent = false;
    saved.textContent = "";
    tell();
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("pagehide", () => {
    if (dirty && !sent) navigator.sendBeacon(base + "/draft", body());
  });
})();
