import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { newVapidKeys, VAPID_NAMES } from "./vapid.ts";

/**
 * Writes the settings of a local server to `path`, in the format of `.dev.vars`, with random
 * keys for tokens and for Web Push.
 * An existing file is kept.
 * @param more further lines
 * @returns whether the file was written
 */
export function writeSettings(path: string, more: readonly string[] = []): boolean {
  const settings = [
    `TOKEN_SECRET=${randomBytes(32).toString("hex")}`,
    "ALLOWED_ORIGINS=*",
    "APP_KEYS=dev-app-key",
    "USERSIG_RULE_KEY=dev-rule-key",
    "USERSIG_PROVISIONING=open",
    ...vapidLines(),
    ...more,
    "",
  ];
  try {
    writeFileSync(path, settings.join("\n"), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Adds keys for Web Push to settings that have none, as those of an earlier release. A browser stays
 * subscribed under the keys that it knows: they are made once.
 * @returns whether any were added
 */
export function addVapidKeys(path: string): boolean {
  if (!existsSync(path)) return false;
  const text = readFileSync(path, "utf8");
  const known = parseEnv(text);
  if (VAPID_NAMES.some((name) => known[name] !== undefined)) return false;
  const end = text === "" || text.endsWith("\n") ? "" : "\n";
  appendFileSync(path, `${end}${vapidLines().join("\n")}\n`);
  return true;
}

function vapidLines(): string[] {
  return Object.entries(newVapidKeys()).map(([name, key]) => `${name}=${key}`);
}
