/**
 * `npm run dev`: Parley on this machine, without account, network or questions. Flags are passed on to
 * `wrangler dev`, for example `npm run dev -- --port 9000 --persist-to /tmp/parley`. `npm run dev -- --lan`
 * serves the local network, too, with keys that nobody knows.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs, parseEnv } from "node:util";
import { watchWeb } from "../web/scripts/bundle.ts";
import { whenFree } from "./deploy/calls.ts";
import { objectionToLocal } from "./releases/taken-over.ts";
import { devConfig } from "./support/dev-config.ts";
import { addVapidKeys, writeSettings } from "./support/dev-vars.ts";
import { lanAddresses, phoneHint, safeInPlaceOf } from "./support/lan.ts";
import { whenOrphaned } from "./support/orphan.ts";
import { portTaken } from "./support/ports.ts";
import { collectOutput, exitCode, PREPARED, ROOT, spawnWrangler } from "./support/wrangler.ts";

const DEFAULT_PORT = "8787";

/** A flag, which no file of settings overrules: this machine's addresses are for development alone. */
const LOCAL = ["--var", "DEV_LOOPBACK:on"];
const LAN = "--lan";
const args = process.argv.slice(2).filter((arg) => arg !== LAN);
const isLan = process.argv.includes(LAN);
const flag = { type: "string" } as const;
const { values } = parseArgs({
  args,
  strict: false,
  options: {
    ...{ port: flag, ip: flag, "persist-to": flag, "env-file": flag },
    config: { ...flag, short: "c" },
  },
});

/** A signal asks this script to end. Wrangler's exit code does not show that: after a signal it is 0. */
let stopping = false;
process.exitCode = await main();

async function main(): Promise<number> {
  const port = typeof values.port === "string" ? values.port : DEFAULT_PORT;
  const ip = typeof values.ip === "string" ? values.ip : isLan ? "0.0.0.0" : undefined;
  if (await staysTaken(Number(port), ip)) {
    console.error(
      `Port ${port} is in use, perhaps by another \`npm run dev\`.\n` +
        `Stop that one, or choose another port: npm run dev -- --port ${Number(port) + 1}`,
    );
    return 1;
  }
  // Wrangler reads no .dev.vars when another file of settings is given.
  if (values["env-file"] === undefined) {
    const path = join(ROOT, ".dev.vars");
    if (writeSettings(path))
      console.log("Wrote .dev.vars with a random TOKEN_SECRET. It is never overwritten.");
    else if (addVapidKeys(path)) console.log("Added the keys of Web Push to .dev.vars.");
  }
  const folder = typeof values["persist-to"] === "string" ? values["persist-to"] : undefined;
  const objection = await objectionToLocal(folder);
  if (objection !== null) {
    console.error(objection);
    return 1;
  }
  const migrated = await applyMigrations(folder);
  if (migrated !== 0 || stopping) return migrated;
  const unwatch = await watchWeb();
  console.log(PREPARED);
  console.log("This is for development. A server for people: npm start (docs/own-machine.md).");
  try {
    return await serve(port);
  } finally {
    await unwatch();
  }
}

/** Whether another process has the port. One that is stopping is given 3 s. */
async function staysTaken(port: number, ip: string | undefined): Promise<boolean> {
  for (let tries = 0; await portTaken(port, ip); tries++) {
    if (tries === 10) return true;
    await setTimeout(300);
  }
  return false;
}

/** Migrates the local database, which a server may hold. Wrangler's output is printed only on failure. */
async function applyMigrations(folder: string | undefined): Promise<number> {
  const where = folder === undefined ? [] : ["--persist-to", folder];
  let code = 0;
  const run = whenFree(async (args, env) => {
    const child = spawnWrangler(args, { stdio: ["ignore", "pipe", "pipe"], env });
    const output = collectOutput(child);
    code = await passingSignals(child);
    // What was asked to end counts as done: it is not tried again.
    return { ok: code === 0 || stopping, stdout: "", output: output() };
  });
  // Without `CI` wrangler asks in a terminal.
  const { output } = await run(["d1", "migrations", "apply", "DB", "--local", ...where], { CI: "1" });
  if (code !== 0) console.error(`${output}\nThe local database could not be brought up to date.`);
  return code;
}

async function serve(port: string): Promise<number> {
  const withPort = values.port === undefined ? ["--port", port] : [];
  const isOwn = values.config === undefined && values["env-file"] === undefined;
  const config = isOwn ? devConfig(ROOT) : null;
  const withConfig = config === null ? [] : ["--config", config];
  const flags = [...(isLan ? lanFlags() : LOCAL), ...withConfig, ...withPort];
  const child = spawnWrangler(["dev", ...flags, ...args], { stdio: "inherit" });
  const ending = new AbortController();
  if (isLan) void tellPhones(port, ending.signal);
  try {
    return await passingSignals(child);
  } finally {
    ending.abort();
  }
}

/** Says where a phone finds the page, below what wrangler prints until it serves. */
async function tellPhones(port: string, ending: AbortSignal): Promise<void> {
  const url = `http://127.0.0.1:${port}/healthz`;
  const isServed = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isServed()) && !ending.aborted) await setTimeout(300);
  if (!ending.aborted) console.log(phoneHint(lanAddresses(), port, process.stdout.isTTY));
}

/** Serves the network, which gets neither to this machine's own addresses nor in by a published key. */
function lanFlags(): string[] {
  const path = typeof values["env-file"] === "string" ? values["env-file"] : join(ROOT, ".dev.vars");
  const vars = Object.entries(safeInPlaceOf(parseEnv(readFileSync(path, "utf8"))));
  if (vars.length > 0)
    console.log(
      `Not from the settings while the network is served: ${vars.map(([name]) => name).join(", ")}.`,
    );
  const withIp = values.ip === undefined ? ["--ip", "0.0.0.0"] : [];
  return [...withIp, ...vars.flatMap(([name, value]) => ["--var", `${name}:${value}`])];
}

/** Waits for the child, and passes on the signals that end a server. */
async function passingSignals(child: ReturnType<typeof spawnWrangler>): Promise<number> {
  const pass = (signal: NodeJS.Signals) => {
    stopping = true;
    // Ctrl-C in a terminal reaches the whole process group by itself.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, pass);
  const unwatch = whenOrphaned(() => pass("SIGTERM"));
  try {
    return await exitCode(child);
  } finally {
    unwatch();
    for (const signal of signals) process.off(signal, pass);
  }
}
