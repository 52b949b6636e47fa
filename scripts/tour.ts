/**
 * `npm run tour`: runs the tour of README.md and of each surface's README, command by command, each against a fresh
 * server, and compares what comes out with what is shown there. `npm run tour -- --write` puts the new output in.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inOwnPlace, Place, Server } from "./support/server.ts";
import { collectOutput, exitCode, ROOT } from "./support/wrangler.ts";

const LIMIT_MS = 120_000;
/** Where a tour begins and ends. */
const BOUNDS = /(?<=<!-- tour -->\n)|(?=<!-- end of the tour -->)/;
const ORIGIN = "localhost:8787";
/** A block of commands and, where they print something, the block of what they print. */
const STEP = /(```sh\n(.*?)```\n)(?:(\n```(?:json|text)\n)(.*?)(```\n))?/gs;

const write = process.argv.includes("--write");
const untrue: string[] = [];

await inOwnPlace(LIMIT_MS, async () => {
  for (const document of ["README.md", ...globSync("src/surfaces/*/README.md", { cwd: ROOT }).toSorted()]) {
    const parts = readFileSync(join(ROOT, document), "utf8").split(BOUNDS);
    if (parts.length > 1) await take(document, parts);
  }
  if (untrue.length === 0) return;
  const wrong = `the tour of ${untrue.join(", ")} is not true any more`;
  throw new Error(`${wrong}; if the new output is right: npm run tour -- --write`);
});

/** Takes the tour of a document. */
async function take(document: string, [before = "", tour = "", after = ""]: string[]): Promise<void> {
  const place = new Place();
  const server = await Server.start(place);
  const steps = [...tour.matchAll(STEP)].map(([, , commands = "", , shown = ""]) => ({ commands, shown }));
  const printed = await run(
    steps.map(({ commands }) => commands),
    new URL(server.origin).host,
  ).finally(async () => {
    await server.stop();
    place.remove();
  });
  const changed = steps.filter(({ shown }, at) => stable(shown) !== stable(printed[at] ?? ""));
  console.log(
    `${document}: ${steps.length} steps ran, ${changed.length} of them printed something else than it shows`,
  );
  if (write) {
    const texts = printed.values();
    const update = (step: string, ...[block, , opening, shown = "", closing]: string[]) => {
      const now = texts.next().value ?? "";
      if (opening === undefined) return step;
      return stable(shown) === stable(now) ? step : `${block}${opening}${now}\n${closing}`;
    };
    writeFileSync(join(ROOT, document), before + tour.replace(STEP, update) + after);
    return;
  }
  if (changed.length === 0) return;
  untrue.push(document);
  for (const step of changed) {
    const now = printed[steps.indexOf(step)];
    console.error(`\n${step.commands}\n${document}:\n${step.shown}\nnow:\n${now}`);
  }
}

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
      .replaceAll(/\b\d{13}\b|\b\d{10}\b/g, "TIME")
      .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]{12}Z/g, "TIME")
      .replaceAll(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/g, "TIME")
      .replaceAll(/\beyJ[\w.-]+/g, "TOKEN")
      .replaceAll(/\b[0-9a-f]{32}\b/g, "SESSION")
      // Closing a socket shows after a while, not at once.
      .replaceAll(/"online":(true|false)/g, "ONLINE")
  );
}
