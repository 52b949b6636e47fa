import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Browser, firefox } from "playwright-core";

/** What is looked for if `FIREFOX` names none. */
const NAMES = ["firefox-esr", "firefox"];
/** The first one whose WebDriver BiDi can do what the tests need. */
const OLDEST = 140;

/**
 * Finds the Firefox of the tests: that of `FIREFOX`, else one of the PATH.
 * @throws an Error that says what is needed, if there is none or it is too old
 */
export function findFirefox(named = process.env.FIREFOX, paths = process.env.PATH ?? ""): string {
  const known = paths.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const path = named || known.find((one) => existsSync(one));
  if (path === undefined) throw new Error(`There is no Firefox on this machine. ${NEEDED}`);
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  const version = Number(/Firefox (\d+)/.exec(stdout ?? "")?.[1] ?? 0);
  if (version < OLDEST) throw new Error(`${path} is no Firefox of version ${OLDEST} or later. ${NEEDED}`);
  return path;
}

const NEEDED = `Install one (Debian: apt-get install firefox-esr), or name one of version ${OLDEST} or later: FIREFOX=/path/to/firefox npm run test:firefox`;

/** Starts a Firefox, driven by WebDriver BiDi. */
export function launchFirefox(path: string): Promise<Browser> {
  const script = join(mkdtempSync(join(tmpdir(), "parley-firefox-")), "firefox");
  const relay = join(import.meta.dirname, "relay.ts");
  writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${relay}" "${path}" "$@"\n`, { mode: 0o755 });
  return firefox.launch({ executablePath: script, channel: "moz-firefox", env: process.env });
}

/**
 * A Content-Security-Policy under which Playwright can work: in a Firefox it evaluates its code in the
 * page. All else of the policy holds.
 */
export function withEval(policy: string): string {
  return policy
    .replace(/script-src /g, "script-src 'unsafe-eval' ")
    .replace(/; require-trusted-types-for 'script'; trusted-types [^;\n]+/g, "");
}

/** Gives the page in a folder such a policy. */
export function allowEval(assets: string): void {
  const headers = join(assets, "_headers");
  writeFileSync(headers, withEval(readFileSync(headers, "utf8")));
}
