import ip from "ipaddr.js";

/** Names that no public name server knows, or that networks use for their own machines. */
const LOCAL_NAMES = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa)$/;
const LOOPBACK = /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL is of this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * What keeps an address that a person gave from being called, in words that complete "must …"; null: nothing.
 * Where its name leads is looked up before each call.
 * @param allowsLoopback this machine may be called, by http too, as in development
 */
export function addressFlaw(text: string, allowsLoopback: boolean): string | null {
  const url = URL.parse(text);
  if (!url) return "be a URL, as in https://chat.example/hooks";
  if (url.username !== "" || url.password !== "") return "have no user name and no password";
  if (url.hash !== "") return "have no fragment";
  if (allowsLoopback && /^https?:$/.test(url.protocol) && isLoopback(url)) return null;
  if (url.protocol !== "https:") return "begin with https://";
  if (url.port !== "" && Number(url.port) < 1024) return "have no port, or one above 1023";
  const name = url.hostname.replace(/\.$/, "");
  if (isAddress(name)) return "have a name, and no IP address";
  if (!name.includes(".") || LOCAL_NAMES.test(name)) return "have a name of the public Internet";
  return null;
}

/** Whether an IP address is one that anybody on the Internet can reach. */
export function isPublic(address: string): boolean {
  if (!ip.isValid(address)) return false;
  const parsed = ip.process(address);
  if (parsed.range() !== "unicast") return false;
  // All public IPv6 addresses are in 2000::/3.
  return parsed.kind() === "ipv4" || /^[23]/.test(parsed.toNormalizedString());
}

/** `URL` has turned every spelling of an IPv4 address into four decimal numbers. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || ip.isValid(hostname);
}
