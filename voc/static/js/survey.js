// Only comfort: tells that the page was seen, counts characters, keeps what is half written, and keeps the page when the
// network fails. Without it everything works.
(() => {
  const form = document.querySelector("form[data-next]");
  if (!form) return;
  const base = location.pathname.replace(/\/(more\/?)?$/, "");
  const unsent = document.getElementById("unsent");
  const entries = (value) => [...new FormData(form)].map(([name, text]) => [name, value(text)]);
  let sent = false, settled = () => {};

  // Sent by script, so that the words stay on the screen when they cannot leave: a browser's own page of a failed network
  // has none of them. Whatever is not the usual answer is fetched anew by the browser itself; twice the same is one answer.
  const LONGEST = 30000;
  form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (pressed === undefined || typeof fetch !== "function") return settled();  // an old browser sends it its own way
    event.preventDefault();
    if (sent) return;
    sent = true;
    unsent.hidden = true;
    const body = new URLSearchParams(entries((text) => text.replace(/\r\n|\r|\n/g, "\r\n")));
    if (pressed && pressed.name) body.append(pressed.name, pressed.value);
    const tooLong = new Promise((_, fail) => setTimeout(fail, LONGEST));
    Promise.race([fetch(location.href, { method: "POST", body, redirect: "manual" }), tooLong]).then(
      (answer) => {
        settled();
        if (answer.type === "opaqueredirect") return location.assign(base + form.dataset.next);
        const { name, value } = pressed || {};
        if (name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
        HTMLFormElement.prototype.submit.call(form);
      },
      () => {
        sent = false;
        unsent.hidden = false;
        unsent.scrollIntoView({ block: "nearest" });
      },
    );
  });
  addEventListener("pageshow", () => { sent = false; });

  if (!form.hasAttribute("data-autosave")) return;
  const text = form.elements.text;
  const count = document.getElementById("count");
  const saved = document.getElementById("saved");
  let timer = 0, dirty = false;
  settled = () => { dirty = false; };

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

  const draft = () => new URLSearchParams(entries((value) => value));
  const save = () => {
    clearTimeout(timer);
    if (!dirty || sent) return;
    dirty = false;
    fetch(base + "/draft", { method: "POST", body: draft() }).then(
      (answer) => { if (answer.ok && !sent) saved.textContent = "書きかけを保存しました"; },
      () => { dirty = true; },
    );
  };
  form.addEventListener("input", () => {
    dirty = true;
    saved.textContent = "";
    tell();
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  addEventListener("pagehide", () => {
    if (dirty && !sent) navigator.sendBeacon(base + "/draft", draft());
  });
})();
