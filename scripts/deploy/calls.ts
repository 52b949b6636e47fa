import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import type { z } from "zod";
import { exitCode, spawnWrangler } from "../support/wrangler.ts";
import { DeployFailure } from "./failure.ts";

/** What a call of wrangler gave. */
export interface Called {
  ok: boolean;
  stdout: string;
  /** both outputs, as a terminal shows them */
  output: string;
}

/** Runs wrangler with these arguments, and these variables of the environment besides. */
export type Run = (args: string[], env: Record<string, string>) => Promise<Called>;

/** Wrangler in a process of its own. With `CI` it never asks: it takes defaults, or fails. */
export const runWrangler: Run = async (args, env) => {
  const child = spawnWrangler(args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { CI: "1", NO_COLOR: "1", ...env },
  });
  // A script that is ended ends what it has begun.
  const end = () => void child.kill();
  process.once("exit", end);
  let [stdout, output] = ["", ""];
  // Decoded as streams: a chunk may end within a character.
  child.stdout?.setEncoding("utf8").on("data", (chunk) => {
    stdout += String(chunk);
    output += String(chunk);
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk) => {
    output += String(chunk);
  });
  try {
    const ok = (await exitCode(child)) === 0;
    return { ok, stdout: stripVTControlCharacters(stdout), output: stripVTControlCharacters(output) };
  } finally {
    process.off("exit", end);
  }
};

/** How often a call is tried that meets a busy database, and the pause before the next try. */
const BUSY_TRIES = 20;
const BUSY_PAUSE_MS = 500;

/**
 * The same for the database of a server that may be running: SQLite has one writer at a time, and wrangler,
 * which waits for none, says so by this word of SQLite alone.
 * @param pause waits before the next try
 */
export function whenFree(run: Run, pause: (ms: number) => Promise<unknown> = setTimeout): Run {
  return async (args, env) => {
    for (let tries = 1; ; tries++) {
      const called = await run(args, env);
      if (called.ok || tries === BUSY_TRIES || !/SQLITE_BUSY|database is locked/.test(called.output))
        return called;
      await pause(BUSY_PAUSE_MS);
    }
  };
}

/** The calls of wrangler. */
export class Wrangler {
  readonly #run: Run;
  readonly #account: Record<string, string>;

  /** @param accountId of all calls; undefined: wrangler looks for it */
  constructor(run: Run, accountId?: string) {
    this.#run = run;
    this.#account = accountId === undefined ? {} : { CLOUDFLARE_ACCOUNT_ID: accountId };
  }

  /** The same for one account: otherwise wrangler may take one that it has remembered. */
  within(accountId: string): Wrangler {
    return new Wrangler(this.#run, accountId);
  }

  /** A call that may fail. */
  call(...args: string[]): Promise<Called> {
    return this.#run(args, this.#account);
  }

  /** @throws a `DeployFailure` that begins with `what` and shows wrangler's output */
  async must(what: string, args: string[], env: Record<string, string> = {}): Promise<Called> {
    const called = await this.#run(args, { ...this.#account, ...env });
    if (!called.ok) throw new DeployFailure(`${what}\n\n${called.output.trim()}`);
    return called;
  }
}

/** The JSON that a call printed. @throws a `DeployFailure` if it is not as this wrangler prints it */
export function parseOutput<Output>(schema: z.ZodType<Output>, { stdout }: Called, what: string): Output {
  const start = stdout.search(/[[{]/);
  try {
    return schema.parse(JSON.parse(stdout.slice(start)));
  } catch {
    throw new DeployFailure(`${what}: wrangler printed something else than expected.\n\n${stdout.trim()}`);
  }
}
