import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { CoreError } from "../../src/domain/errors.ts";
import { readSettings } from "../../src/domain/settings.ts";
import { requireSecret } from "../../src/http/access/token.ts";
import { newVapidKeys, VAPID_NAMES } from "../support/vapid.ts";
import { DeployFailure } from "./failure.ts";

/** 48 random bytes: more than the 32 characters that TOKEN_SECRET needs, and the 16 that keys need. */
const BYTES = 48;

/** What a secret is, where it is asked for. TOKEN_SECRET is never asked for: nobody needs to know it. */
const QUESTIONS: Record<string, string> = {
  APP_KEYS: "keys of the apps that may use the API appkey, comma-separated",
  USERSIG_RULE_KEY: "the key with which a service signs in its users over the API usersig",
};

/** Where the value of a secret comes from. */
export type Origin = "environment" | "terminal" | "random";

/**
 * The values of the secrets that the Worker lacks: from the environment, else from the terminal, else random.
 * A random key shuts its API, since nobody knows it; the keys of Web Push are made as a pair.
 * @throws a `DeployFailure` for a value that the Worker would refuse
 */
export async function gatherSecrets(
  missing: readonly string[],
  env: NodeJS.ProcessEnv,
  ask: ((question: string) => Promise<string>) | null,
): Promise<Map<string, { value: string; origin: Origin }>> {
  const secrets = new Map<string, { value: string; origin: Origin }>();
  const isVapid = (name: string) => VAPID_NAMES.some((one) => one === name);
  // They are one pair: where one is missing, both are new.
  if (missing.some(isVapid)) for (const [name, key] of vapidKeys(env)) secrets.set(name, key);
  for (const name of missing.filter((one) => !isVapid(one))) {
    const question = QUESTIONS[name];
    const given = env[name]?.trim() ?? "";
    const typed =
      given === "" && ask && question ? (await ask(`${name}, ${question} (Enter: none): `)).trim() : "";
    if (given !== "") secrets.set(name, { value: given, origin: "environment" });
    else if (typed !== "") secrets.set(name, { value: typed, origin: "terminal" });
    else secrets.set(name, { value: randomBytes(BYTES).toString("base64url"), origin: "random" });
    check(name, secrets.get(name)?.value ?? "");
  }
  return secrets;
}

/** The keys of Web Push, from the environment, else new. */
function vapidKeys(env: NodeJS.ProcessEnv): [name: string, { value: string; origin: Origin }][] {
  const given = VAPID_NAMES.map((name) => env[name]?.trim() ?? "");
  if (given.every((key) => key === ""))
    return Object.entries(newVapidKeys()).map(([name, value]) => [name, { value, origin: "random" }]);
  const keys = Object.fromEntries(VAPID_NAMES.map((name, i) => [name, given[i]]));
  if (readSettings(keys).push.vapid === null)
    throw new DeployFailure(
      `${VAPID_NAMES.join(" and ")} are refused by the Worker: they are a pair, 87 and 43 characters of base64url.`,
    );
  return Object.entries(keys).map(([name, value = ""]) => [name, { value, origin: "environment" }]);
}

/** Asks the code of the Worker itself. */
function check(name: string, value: string): void {
  if (name === "TOKEN_SECRET") {
    try {
      requireSecret(value);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      throw new DeployFailure(
        `${name} is refused by the Worker: it takes one or two values, each of at least 32 random characters.`,
      );
    }
  } else {
    const { unsafe } = readSettings({ [name]: value });
    if (unsafe !== null) throw new DeployFailure(`${name} is refused by the Worker: ${unsafe}.`);
  }
}

/**
 * Writes secrets into a file of the private folder: wrangler takes them from a file alone when it creates a
 * Worker. As JSON, since wrangler expands `$` in other formats.
 * @returns its path
 */
export function writeSecrets(folder: string, secrets: ReadonlyMap<string, { value: string }>): string {
  const path = join(folder, "secrets.json");
  const values = Object.fromEntries([...secrets].map(([name, { value }]) => [name, value]));
  writeFileSync(path, JSON.stringify(values), { mode: 0o600 });
  return path;
}

/** Asks in the terminal without showing what is typed. */
export async function askHidden(question: string): Promise<string> {
  process.stdout.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  terminal.once("SIGINT", () => process.exit(130));
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    process.stdout.write("\n");
  }
}
