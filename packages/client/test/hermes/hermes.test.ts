import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { ROOT } from "../../../../scripts/support/wrangler.ts";

const require = createRequire(join(ROOT, "packages/client/package.json"));
/** What is used of TypeScript 5. */
interface Compiler {
  ScriptTarget: { ES5: number };
  ModuleKind: { None: number };
  transpileModule(code: string, options: { compilerOptions: object }): { outputText: string };
}

/** The compiler of `scripts/openapi-types/`: that of the repository itself writes no ES5 any more. */
const { ModuleKind, ScriptTarget, transpileModule }: Compiler = createRequire(
  join(ROOT, "scripts/openapi-types/package.json"),
)("typescript");

/** What the app prints, wherever it runs. */
const TOLD = [
  "opens ws://server.example/v1/socket?echo=message&threads=all&changes=parts parley.v1",
  "7 Lin",
  "kept 1",
  "sent 2, draft undefined",
  "uploaded /f/1",
  "PUT /v1/conversations/7/draft,POST /v1/files?name=file",
];

/** The app with the library, in one script for an engine of today. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "app.ts")],
    bundle: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  return outputFiles.map(({ text }) => text).join("");
}

/** The path of Hermes for this machine; undefined: npm has none. */
function hermesPath(): string | undefined {
  const folder = { linux: "linux64-bin/hermes", darwin: "osx-bin/hermes", win32: "win64-bin/hermes.exe" }[
    String(process.platform)
  ];
  if (!folder || (process.platform === "linux" && process.arch !== "x64")) return undefined;
  return join(require.resolve("hermes-engine-cli/package.json"), "..", folder);
}

test.skipIf(!hermesPath())("a client in Hermes gets its list, keeps a draft, sends and uploads", async () => {
  // As the bundler of React Native does: Hermes 0.12 has no private fields, and one `let` for all turns of a
  // loop.
  const { outputText } = transpileModule(await bundle(), {
    compilerOptions: { target: ScriptTarget.ES5, module: ModuleKind.None, downlevelIteration: true },
  });
  const folder = mkdtempSync(join(tmpdir(), "parley-hermes-"));
  try {
    const script = join(folder, "app.js");
    writeFileSync(script, outputText);
    const { stdout, stderr } = spawnSync(hermesPath() ?? "", ["-w", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual(TOLD);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a client in an engine without a platform does the same", async () => {
  const told: string[] = [];
  const ended = Promise.withResolvers<void>();
  const print = (line: string) => {
    told.push(line);
    if (told.length === TOLD.length) ended.resolve();
  };
  runInNewContext(await bundle(), { print, setTimeout, clearTimeout });
  await ended.promise;
  expect(told).toEqual(TOLD);
});
