import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The page, and what it draws fields by. */
const SOURCES = ["web/src", "packages/react/src"];
const ROOT = join(import.meta.dirname, "../../../..");
const CALL = /\.(?:call|request)\(\s*([^,]+?),\s*("[^"]*"|`[^`]*`|\w+)/g;
const METHOD = /"(post|put|patch|delete)"/g;
/** What a path is filled with. */
const PLACE = /\$?\{[^}]*\}/g;

/** The calls of the page that write, as `put /v1/blocks/{}`, each with the files that make it. */
export function writes(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const files = globSync(
    SOURCES.map((folder) => `${folder}/**/*.{ts,tsx}`),
    { cwd: ROOT, exclude: ["web/src/embed/**"] },
  );
  const codes = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
  const everything = [...codes.values()].join("\n");
  for (const [file, code] of codes) {
    for (const [, how = "", where = ""] of code.matchAll(CALL))
      for (const [, method] of (named(how, code) ?? how).matchAll(METHOD)) {
        const call = withoutNames(`${method} ${path(where, `${code}\n${everything}`)}`);
        found.set(call, [...(found.get(call) ?? []), file]);
      }
  }
  return found;
}

/** A call whose path says nothing about what stands in its places. */
export function withoutNames(call: string): string {
  return call.replace(PLACE, "{}");
}

/** What a constant of a file is. */
function named(name: string, code: string): string | undefined {
  return code.match(new RegExp(`const ${name.replace(/\W/g, "")} =\\s*([^;]+);`))?.[1];
}

function path(written: string, code: string): string {
  const value = /^\w+$/.test(written) ? (named(written, code) ?? written) : written;
  const filled = value.replace(/\$\{([A-Z]+)\}/g, (_, name: string) => path(name, code));
  return filled.replace(/^["`]|["`]$/g, "").replace(/\?.*$/, "");
}
