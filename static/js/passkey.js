/* A form with `data-passkey` first asks the browser for a passkey (create or get), then sends its answer. */
"use strict";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const options = JSON.parse(document.getElementById("passkey-options").textContent);
  const failed = form.querySelector("[data-passkey-failed]");
  const answer = form.querySelector("input[name=credential]");
  form.addEventListener("submit", async (event) => {
    if (answer.value) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    failed.hidden = true;
    try {
      answer.value = JSON.stringify(await window.webauthnJSON[form.dataset.passkey](options));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
