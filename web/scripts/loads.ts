/**
 * What the build does with the scripts that the page loads when they are needed: each `import()` becomes a
 * call of `loadScript` (`web/src/lib/scripts.ts`).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Metafile } from "esbuild";

/** Has the scripts of a build load others by `loadScript`. @param root where the paths of outputs begin */
export function loadByScript(outputs: Metafile["outputs"], root: string): void {
  for (const [path, { imports }] of Object.entries(outputs)) {
    const later = imports.filter(({ kind }) => kind === "dynamic-import");
    if (later.length === 0) continue;
    let code = readFileSync(join(root, path), "utf8");
    for (const { path: script } of later) {
      const address = `("./${basename(script)}")`;
      code = code.replaceAll(`import${address}`, `loadScript${address}`);
    }
    writeFileSync(join(root, path), code);
  }
}
