/**
 * `npm run tour`: runs the tour of README.md, command by command, against a server of its own, and
 * compares what comes out with what the README shows. `npm run tour -- --write` puts the new output in.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inOwnPlace, Server } from "./support/server.ts";
import { collectOutput, exitCode, ROOT } from "./support/wrangler.ts";

const LIMIT_MS = 90_000;
const README = join(ROOT, "README.md");
const ORIGIN = "localhost:8787";
/** A block of commands and, where they print something, the block of what they print. */
const STEP = /(```sh\n(.*?)```\n)(?:(\n```(?:json|text)\n)(.*?)(```\n))?/gs;

const write = process.argv.includes("--write");
const readme = readFileSync(README, "utf8");
const [before = "", tour, after = ""] = readme.split(/(?<=<!-- tour -->\n)|(?=<!-- end of the tour -->)/);

await inOwnPlace(LIMIT_MS, async (place) => {
  if (!tour) throw new Error("README.md has no tour between <!-- tour --> and <!-- end of the tour -->");
  const server = await Server.start(place);
  const steps = [...tour.matchAll(STEP)].map(([, , commands = "", , shown = ""]) => ({ commands, shown }));
  const printed = await run(
    steps.map(({ commands }) => commands),
    new URL(server.origin).host,
  ).finally(() => server.stop());
  const changed = steps.filter(({ shown }, at) => stable(shown) !== stable(printed[at] ?? ""));
  console.log(
    `${steps.length} steps ran, ${changed.length} of them printed something else than README.md shows`,
  );
  if (write) {
    const texts = printed.values();
    const update = (step: string, ...[block, , opening, shown = "", closing]: string[]) => {
      const now = texts.next().value ?? "";
      if (opening === undefined) return step;
      return stable(shown) === stable(now) ? step : `${block}${opening}${now}\n${closing}`;
    };
    writeFileSync(README, before + tour.replace(STEP, update) + after);
  } else if (changed.length > 0) {
    for (const step of changed) {
      const now = printed[steps.indexOf(step)];
      console.error(`\n${step.commands}\nREADME.md:\n${step.shown}\nnow:\n${now}`);
    }
    throw new Error(
      "the README's tour is not true any more; if the new output is right: npm run tour -- --write",
    );
  }
});

/** Runs the steps in one shell, as a reader does, and gives what each printed. @throws if one fails */
async function run(steps: string[], host: string): Promise<string[]> {
  const mark = `--- ${randomUUID()}`;
  const script = ["set -eu", ...steps.map((commands) => `${commands}\nprintf '\\n%s\\n' '${mark}'`)].join(
    "\n",
  );
  const shell = spawn("sh", ["-c", script.replaceAll(ORIGIN, host)], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collectOutput(shell);
  const code = await exitCode(shell);
  const printed = output()
    .replaceAll(host, ORIGIN)
    .split(mark)
    .map((text) => text.trim());
  if (code !== 0)
    throw new Error(
      `step ${printed.length} ended with ${code}:\n${steps[printed.length - 1]}\n${printed.at(-1)}`,
    );
  return printed;
}

/** The output without what differs from run to run: times, tokens, session ids, who is online. */
function stable(output: string): string {
  return (
    output
      .trim()
      .replaceAll(/\b\d{13}\b/g, "TIME")
      .replaceAll(/\beyJ[\w.-]+/g, "TOKEN")
      .replaceAll(/\b[0-9a-f]{32}\b/g, "SESSION")
      // Closing a socket shows after a while, not at once.
      .replaceAll(/"online":(true|false)/g, "ONLINE")
  );
}
