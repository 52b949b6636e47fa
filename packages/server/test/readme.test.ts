import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { build } from "esbuild";
import { expect, inject, test } from "vitest";
import { Parley } from "../src/index.ts";

const PACKAGE = join(import.meta.dirname, "..");
const README = readFileSync(join(PACKAGE, "README.md"), "utf8");

/** Runs a piece of code of the README that has a mark, as a program in Node. */
async function run(
  mark: string,
  env: Record<string, string>,
): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const code = README.split(`<!-- ${mark} -->\n\`\`\`ts\n`)[1]?.split("```")[0] ?? "";
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

test("the users and tokens of the README", async () => {
  const child = await run("run", { PARLEY_KEY: inject("parleyKey") });
  let printed = "";
  child.stdout.on("data", (text) => {
    printed += text;
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(printed).toMatch(/^\S{40,}\nBen\n$/);
});

test("a hook reaches the Express of the README", async () => {
  const parley = new Parley({ url: inject("parleyOrigin"), key: inject("parleyKey") });
  const hook = await parley.hooks.create({
    url: "http://localhost:9000/parley",
    events: ["message.created"],
  });
  const child = await run("run express", { HOOK_SECRET: hook.secret });
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
