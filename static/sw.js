/* Shows a notice that was pushed, and opens its page on a tap. It stores nothing and decides nothing. */
"use strict";

self.addEventListener("push", (event) => {
  let told;
  try {
    told = event.data.json();
  } catch {
    return;
  }
  const shown = { tag: String(told.tag), data: { path: String(told.path) }, icon: "/static/icons/portal-180.png" };
  event.waitUntil(self.registration.showNotification(String(told.title), shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const page = new URL(event.notification.data.path, self.location.origin);
  if (page.origin === self.location.origin) {
    event.waitUntil(self.clients.openWindow(page.href));
  }
});
