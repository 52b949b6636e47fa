import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { build } from "esbuild";
import { expect, inject, test } from "vitest";
import { Parley } from "../src/index.ts";

const PACKAGE = join(import.meta.dirname, "..");
const README = codeOf(join(PACKAGE, "README.md"));
const GUIDE = codeOf(join(PACKAGE, "../../docs/guides/connect.md"));
const TESTING = codeOf(join(PACKAGE, "../../docs/guides/testing.md"));

/** The pieces of code of a document that are run. */
function codeOf(path: string): string[] {
  const blocks = readFileSync(path, "utf8").matchAll(/<!-- run -->\n```ts\n(.*?)```/gs);
  return [...blocks].map(([, code = ""]) => code);
}

/** Runs a piece of code, as a program in Node. */
async function run(
  code: string | undefined,
  env: Record<string, string>,
): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  if (code === undefined) throw new Error("the document has no such code");
  const { outputFiles } = await build({
    stdin: {
      contents: code.replace("http://localhost:8787", inject("parleyOrigin")),
      resolveDir: PACKAGE,
      loader: "ts",
    },
    ...{ bundle: true, format: "esm", write: false, platform: "node" },
    alias: {
      "parley-server": join(PACKAGE, "src/index.ts"),
      express: join(PACKAGE, "test/support/express.ts"),
    },
  });
  const child = spawn(process.execPath, ["--input-type=module", "-"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  child.stdin.end(outputFiles[0]?.text);
  return child;
}

test.for([
  ["the users and tokens of the README", README[0], /^\S{40,}\nBen\n$/],
  ["the token of a user in the guide", GUIDE[0], /^\S{40,}\n$/],
  ["the conversation of users in the guide", GUIDE[1], /^\d+\n$/],
  ["the test of a product in its guide", TESTING[0], /^both were told\n$/],
] as const)("%s", async ([, code, output]) => {
  const child = await run(code, { PARLEY_KEY: inject("parleyKey") });
  let printed = "";
  child.stdout.on("data", (text) => {
    printed += text;
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(printed).toMatch(output);
});

test("a hook reaches the Express of the README", async () => {
  const parley = new Parley({ url: inject("parleyOrigin"), key: inject("parleyKey") });
  const hook = await parley.hooks.create({
    url: "http://localhost:9000/parley",
    events: ["message.created"],
  });
  const child = await run(README[1], { HOOK_SECRET: hook.secret });
  try {
    const [line] = await once(child.stdout, "data");
    const { port } = JSON.parse(line);
    await parley.hooks.change(hook.id, { url: `http://localhost:${port}/parley` });
    expect(await parley.hooks.test(hook.id)).toMatchObject({ status: 204 });
    const unsigned = await fetch(`http://localhost:${port}/parley`, { method: "POST", body: "{}" });
    expect(unsigned.status).toBe(400);
  } finally {
    await parley.hooks.delete(hook.id);
    child.kill();
    await once(child, "close");
  }
});
