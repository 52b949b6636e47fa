import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { renderUnicodeCompact } from "uqr";
import { readSettings } from "../../src/domain/settings.ts";

/** Addresses that a machine gives itself where nobody gives it one. */
const SELF_ASSIGNED = "169.254.";
/** Interfaces to containers and virtual machines, which no phone reaches. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vEthernet|bridge)/;

/** The IPv4 addresses that others in its networks know this machine by. */
export function lanAddresses(interfaces = networkInterfaces()): string[] {
  return Object.entries(interfaces)
    .filter(([name]) => !VIRTUAL.test(name))
    .flatMap(([, addresses = []]) => addresses)
    .filter(
      ({ family, internal, address }) => family === "IPv4" && !internal && !address.startsWith(SELF_ASSIGNED),
    )
    .map(({ address }) => address);
}

/**
 * What a server needs in place of settings by which everybody in its network could act as anybody: keys that
 * are published or short, and accounts for whoever asks. What is safe already stays.
 * @param settings of the server
 * @param newKey makes a key that nobody else has
 */
export function safeInPlaceOf(
  { ALLOWED_ORIGINS, ...settings }: NodeJS.Dict<string>,
  newKey = () => randomBytes(24).toString("base64url"),
): Record<string, string> {
  const safe: [string, () => string][] = [
    ["APP_KEYS", newKey],
    ["USERSIG_RULE_KEY", newKey],
    ["USERSIG_PROVISIONING", () => "key"],
  ];
  const isUnsafe = ([name]: [string, unknown]) =>
    readSettings({ ALLOWED_ORIGINS, [name]: settings[name] }).unsafe !== null;
  return Object.fromEntries(safe.filter(isUnsafe).map(([name, make]) => [name, make()]));
}

/** What to tell somebody who wants to open the page from a phone. @param isDrawn with a QR code */
export function phoneHint(addresses: readonly string[], port: string, isDrawn: boolean): string {
  const [url, ...others] = addresses.map((address) => `http://${address}:${port}`);
  if (url === undefined) return "This machine has no address in a local network.";
  const lines = isDrawn ? renderUnicodeCompact(url, { border: 2 }).split("\n") : [];
  // In colours of its own: a terminal may be dark or light.
  const code = lines.map((line) => `\u001b[97;40m${line}\u001b[0m\n`).join("");
  const also = others.length === 0 ? "" : `\nThis machine has other addresses, too: ${others.join(", ")}`;
  return `${code}On a phone in the same network, open ${url}${also}`;
}
