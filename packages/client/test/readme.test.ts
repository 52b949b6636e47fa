import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { Server } from "./support/server.ts";

const CLIENT = join(import.meta.dirname, "..");

test("the two people of the README chat", async () => {
  const server = Server.shared();
  const readme = readFileSync(join(CLIENT, "README.md"), "utf8");
  const code = readme.match(/<!-- run -->\n```ts\n(.*?)```/s)?.[1] ?? "";
  expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(22);
  const { outputFiles } = await build({
    stdin: { contents: code.replace("http://localhost:8787", server.origin), resolveDir: CLIENT },
    ...{ bundle: true, format: "esm", write: false, platform: "node" },
    alias: { "parley-client": join(CLIENT, "src/index.ts") },
  });
  const chatting = spawn(process.execPath, ["--input-type=module", "-"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    chatting.stdin.end(outputFiles[0]?.text);
    let printed = "";
    chatting.stdout.on("data", (text) => {
      printed += text;
    });
    await expect.poll(() => printed).toContain("Lunch?");
  } finally {
    chatting.kill();
    await once(chatting, "close");
  }
});
