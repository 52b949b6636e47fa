import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { readSettings } from "../../src/domain/settings.ts";
import { DeployFailure } from "../deploy/failure.ts";
import { newVapidKeys, VAPID_NAMES } from "../support/vapid.ts";

/** More than the 32 characters that TOKEN_SECRET needs, and the 16 that keys need. */
const BYTES = 48;

/** Names that a file of settings may have besides those of the Worker: secrets of issuers. */
const OWN = /^[A-Z][A-Z0-9_]*$/;

/**
 * The settings of a server: of the environment, else of the file `settings.env` in its folder, else the
 * secrets that the first start has made.
 * @param known names and defaults of wrangler.toml
 * @throws a `DeployFailure` for one that the Worker would refuse
 */
export function settingsOf(
  folder: string,
  known: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const path = join(folder, "settings.env");
  const file = existsSync(path) ? readEnv(path) : {};
  const strange = Object.keys(file).find((name) => !OWN.test(name));
  if (strange !== undefined) throw new DeployFailure(`${path}: ${strange} is no name of a setting.`);
  const secrets = secretsOf(folder);
  const names = new Set([...Object.keys(known), ...Object.keys(file), ...Object.keys(secrets)]);
  const settings: Record<string, string> = {};
  for (const name of names) settings[name] = env[name] ?? file[name] ?? secrets[name] ?? known[name] ?? "";
  // A server that somebody starts for their own is nobody else's, until they invite others.
  if (settings.REGISTRATION === "") settings.REGISTRATION = "invited";
  const { unsafe, registration } = readSettings(settings);
  if (registration === "open" && settings.REGISTRATION?.trim() !== "open")
    throw new DeployFailure(
      `REGISTRATION is ${settings.REGISTRATION}: it has to be open, invited or closed.`,
    );
  if (unsafe !== null) throw new DeployFailure(`The settings of ${folder} are not safe: ${unsafe}.`);
  return settings;
}

/** The secrets of a folder, each of which is made once. Keys that nobody knows keep their APIs shut. */
function secretsOf(folder: string): Record<string, string> {
  const path = join(folder, "secrets.env");
  const kept = existsSync(path) ? readEnv(path) : {};
  const random = () => randomBytes(BYTES).toString("base64url");
  const hasPair = VAPID_NAMES.some((name) => kept[name] !== undefined);
  const secrets = {
    ...{ TOKEN_SECRET: random(), APP_KEYS: random(), USERSIG_RULE_KEY: random() },
    ...(!hasPair && newVapidKeys()),
    ...kept,
  };
  // A file that somebody has brought from another server may have some alone.
  if (Object.keys(secrets).length > Object.keys(kept).length)
    writeWhole(
      path,
      Object.entries(secrets)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    );
  return secrets;
}

function readEnv(path: string): Record<string, string> {
  const read = parseEnv(readFileSync(path, "utf8"));
  return Object.fromEntries(Object.entries(read).map(([name, value = ""]) => [name, value]));
}

/** Writes a file that is there as a whole or not at all, also after a power cut. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.new`;
  const file = openSync(draft, "w", 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
}
