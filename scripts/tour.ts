/**
 * `npm run tour`: runs docs/tour.md, the tours of two guides and of each surface's README, command by
 * command, each against a fresh server, and compares the output with the document. `npm run tour -- --write`
 * updates the document.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inTemporaryFolder, Server, TemporaryFolder } from "./support/server.ts";
import { collectOutput, exitCode, ROOT } from "./support/wrangler.ts";

/** For all documents, each with a server of its own, on a busy machine. */
const LIMIT_MS = 400_000;
/** The beginning and end of a tour. */
const BOUNDS = /(?<=<!-- tour -->\n)|(?=<!-- end of the tour -->)/;
const ORIGIN = "localhost:8787";
const DOCUMENTS = [
  "docs/tour.md",
  "docs/guides/start.md",
  "docs/guides/spaces.md",
  ...globSync("src/surfaces/*/README.md", { cwd: ROOT }).toSorted(),
];
/** A block of commands, and the block of their output if they print any. */
const STEP = /(```sh\n(.*?)```\n)(?:(\n```(?:json|text)\n)(.*?)(```\n))?/gs;

const write = process.argv.includes("--write");
const untrue: string[] = [];

await inTemporaryFolder(LIMIT_MS, async () => {
  for (const document of DOCUMENTS) {
    const parts = readFileSync(join(ROOT, document), "utf8").split(BOUNDS);
    if (parts.length > 1) await take(document, parts);
  }
  if (untrue.length === 0) return;
  const wrong = `the tour of ${untrue.join(", ")} is not true any more`;
  throw new Error(`${wrong}; if the new output is right: npm run tour -- --write`);
});

/** Runs the tour of a document. */
async function take(document: string, [before = "", tour = "", after = ""]: string[]): Promise<void> {
  const folder = new TemporaryFolder();
  const server = await Server.start(folder);
  const steps = [...tour.matchAll(STEP)].map(([, , commands = "", , shown = ""]) => ({ commands, shown }));
  const printed = await run(
    steps.map(({ commands }) => commands),
    new URL(server.origin).host,
  ).finally(async () => {
    await server.stop();
    folder.remove();
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

/**
 * Runs the steps in one shell, as a reader does.
 * @returns the output of each
 * @throws an Error if one fails
 */
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

/** The output without what differs between runs: times, tokens, session ids, presence. */
function stable(output: string): string {
  return (
    output
      .trim()
      .replaceAll(/\b\d{13}\b|\b\d{10}\b/g, "TIME")
      .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]{12}Z/g, "TIME")
      .replaceAll(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/g, "TIME")
      .replaceAll(/\beyJ[\w.-]+/g, "TOKEN")
      .replaceAll(/\b[0-9a-f]{32}\b/g, "SESSION")
      // A closed socket shows after a delay.
      .replaceAll(/"online":(true|false)/g, "ONLINE")
  );
}
