// Shows the messages of a browser that lets no page show them by itself, as on Android, and brings
// the page forward when somebody taps one. It keeps nothing and stands between nothing.

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(bringForward(event.notification.data));
});

async function bringForward(place) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((each) => new URL(each.url).pathname === place);
  return page ? page.focus() : clients.openWindow(place);
}
