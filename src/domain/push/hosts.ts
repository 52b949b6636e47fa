/**
 * The hosts of the push services of browsers: Chrome, Edge, Firefox and Safari. An endpoint is a URL that a
 * client names; at other hosts it would have the server call whatever a user wants.
 */
const BROWSERS = [
  "fcm.googleapis.com",
  "updates.push.services.mozilla.com",
  "*.push.services.mozilla.com",
  "web.push.apple.com",
  "*.push.apple.com",
  "*.notify.windows.com",
] as const;

/** @param further the hosts of `PUSH_HOSTS`; `*.` before a name stands for all names below it */
export function isPushHost(host: string, further: readonly string[]): boolean {
  return [...BROWSERS, ...further].some((known) =>
    known.startsWith("*.") ? host.endsWith(known.slice(1)) : host === known,
  );
}

/** Whether each push has to show something there: Safari ends a subscription after silent ones. */
export function requiresNotice(host: string): boolean {
  return host.endsWith(".push.apple.com");
}
