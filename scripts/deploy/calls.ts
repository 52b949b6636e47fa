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
  const called: Called = { ok: false, stdout: "", output: "" };
  child.stdout?.on("data", (chunk) => {
    const text = stripVTControlCharacters(String(chunk));
    called.stdout += text;
    called.output += text;
  });
  child.stderr?.on("data", (chunk) => {
    called.output += stripVTControlCharacters(String(chunk));
  });
  called.ok = (await exitCode(child)) === 0;
  return called;
};

/** The calls of wrangler. */
export class Wrangler {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  /** A call that may fail. */
  call(...args: string[]): Promise<Called> {
    return this.#run(args, {});
  }

  /** @throws a `DeployFailure` that begins with `what` and shows wrangler's output */
  async must(what: string, args: string[], env: Record<string, string> = {}): Promise<Called> {
    const called = await this.#run(args, env);
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
