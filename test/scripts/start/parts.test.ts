import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { settingsOf } from "../../../scripts/start/settings.ts";
import { ROOT } from "../../../scripts/support/wrangler.ts";

/** What an owner runs on a machine after `npm ci --omit=dev`. */
const COMMANDS = ["start", "keys", "backup", "restore", "import", "deploy", "dev"];

const Locked = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().default(false) })) });

test("no command of an owner needs a package that is there for development alone", async () => {
  const { metafile } = await build({
    entryPoints: [...COMMANDS.map((name) => `scripts/${name}.ts`), "src/index.ts", "web/src/app/app.tsx"],
    absWorkingDir: ROOT,
    outdir: "nowhere",
    bundle: true,
    metafile: true,
    packages: "external",
    // As the build of the page has it.
    alias: { react: "preact/compat" },
    external: ["emoji:*", "cloudflare:*"],
    platform: "node",
    format: "esm",
    write: false,
    loader: { ".md": "empty", ".css": "empty", ".sql": "empty", ".html": "empty" },
  });
  const { packages } = Locked.parse(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));
  const paths = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  const forDevelopment = paths.filter((path) => {
    const [name] = /^(@[^/]+\/)?[^/]+/.exec(path) ?? [];
    return packages[`node_modules/${name}`]?.dev;
  });
  expect(paths).toContain("miniflare");
  expect(forDevelopment).toEqual([]);
});

test("a word that REGISTRATION does not know opens no door", () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const known = { REGISTRATION: "" };
  expect(settingsOf(folder, known, {})).toMatchObject({ REGISTRATION: "invited" });
  writeFileSync(join(folder, "settings.env"), "REGISTRATION=perhaps\n");
  expect(() => settingsOf(folder, known, {})).toThrow("REGISTRATION is perhaps");
});
