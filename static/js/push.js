/* Switches push on or off for this browser. Loaded on the account page only, where the portal has a key. */
"use strict";

(async () => {
  const box = document.querySelector("[data-push-key]");
  if (!box || !("serviceWorker" in navigator) || !("PushManager" in window)) {
    return;
  }
  const on = box.querySelector("[data-push=on]");
  const off = box.querySelector("[data-push=off]");
  const known = await navigator.serviceWorker.getRegistration(box.dataset.pushWorker);
  const device = known && (await known.pushManager.getSubscription());

  function fill(form, found) {
    const keys = found.toJSON().keys;
    for (const [name, value] of Object.entries({ endpoint: found.endpoint, p256dh: keys.p256dh, auth: keys.auth })) {
      if (form.elements[name]) {
        form.elements[name].value = value;
      }
    }
  }

  function bytes(text) {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  async function working() {
    const worker = await navigator.serviceWorker.register(box.dataset.pushWorker);
    const starting = worker.installing || worker.waiting;
    if (!worker.active && starting) {
      await new Promise((done) => {
        starting.addEventListener("statechange", () => starting.state === "activated" && done());
      });
    }
    return worker;
  }

  box.querySelector("[data-push=none]").hidden = true;
  if (device) {
    fill(off, device);
    off.hidden = false;
    off.addEventListener("submit", () => device.unsubscribe());
    return;
  }
  on.hidden = false;
  on.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const worker = await working();
      const options = { userVisibleOnly: true, applicationServerKey: bytes(box.dataset.pushKey) };
      fill(on, await worker.pushManager.subscribe(options));
      on.submit();
    } catch {
      // refused by the reader or the browser: nothing has changed
      box.querySelector("[data-push=refused]").hidden = false;
      delete on.dataset.sent;
      on.querySelector("button").removeAttribute("aria-busy");
    }
  });
})();
