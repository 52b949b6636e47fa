const ICON = "/icons/icon.svg";
const BADGED = "/icons/icon-unread.svg";

/** Shows in the title, the icon and the app's badge how many messages are unread. @param unread 0: none */
export function showBadge(unread: number): void {
  document.title = unread > 0 ? `(${unread > 99 ? "99+" : unread}) Parley` : "Parley";
  document.querySelector('link[rel="icon"]')?.setAttribute("href", unread > 0 ? BADGED : ICON);
  if (!("setAppBadge" in navigator)) return;
  const shown = unread > 0 ? navigator.setAppBadge(unread) : navigator.clearAppBadge();
  // A page that is not installed may have no badge.
  shown.catch(() => {});
}
