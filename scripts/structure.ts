import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The structure of `src/` in figures: files per folder, import cycles (type imports count), names exported
 * for two types, long comment lines.
 *
 *     npm run structure
 *
 * Exits with 1 on an import cycle of files or layers, a name of two types, a long comment line, or a folder of
 * more than 15 files.
 */
const MAX_FILES = 15;
const MAX_COLUMNS = 110;

const files = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "src"],
  {
    encoding: "utf8",
  },
)
  .split("\n")
  .filter((path) => path.endsWith(".ts") && path !== "src/env.d.ts");
const texts = new Map(files.map((path) => [path, readFileSync(path, "utf8")]));

/** The imports of each file. */
const imports = new Map(
  [...texts].map(([path, text]) => {
    const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, to = ""]) => to);
    const targets = specifiers.map((to) => join(dirname(path), to)).filter((to) => texts.has(to));
    return [path, new Set(targets)] as const;
  }),
);

/**
 * The cycles of a graph: its strongly connected components of more than one node (Tarjan), the largest first.
 */
function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): number => {
    const own = index.size;
    index.set(node, own);
    stack.push(node);
    let least = own;
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) least = Math.min(least, visit(next));
      else if (stack.includes(next)) least = Math.min(least, index.get(next) ?? own);
    }
    low.set(node, least);
    if (least === own) {
      const component = stack.splice(stack.indexOf(node));
      if (component.length > 1) found.push(component);
    }
    return least;
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found.toSorted((a, b) => b.length - a.length);
}

/** The folders directly below `src/`, with the folders that their files import. */
function layers(): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  const layerOf = (path: string) => path.split("/").slice(0, 2).join("/");
  for (const [path, targets] of imports) {
    const from = layerOf(path);
    const known = graph.get(from) ?? new Set();
    for (const to of targets) if (layerOf(to) !== from) known.add(layerOf(to));
    graph.set(from, known);
  }
  return graph;
}

/** Type names that several files export, in the layers below the surfaces. */
function doubledTypes(): [string, string[]][] {
  const owners = new Map<string, string[]>();
  for (const [path, text] of texts) {
    // src/index.ts exports the classes that wrangler.toml names.
    if (path.startsWith("src/surfaces/") || path === "src/index.ts") continue;
    const names = [...text.matchAll(/^export (?:abstract )?(?:interface|type|class) (\w+)/gm)];
    for (const [, name = ""] of names) owners.set(name, [...(owners.get(name) ?? []), path]);
  }
  return [...owners].filter(([, paths]) => paths.length > 1);
}

function perFolder(): [string, number][] {
  const counts = new Map<string, number>();
  for (const path of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

const lines = [...texts.values()].flatMap((text) => text.split("\n"));
const longComments = lines.filter((line) => line.length > MAX_COLUMNS && /^\s*(\/\/|\/?\*)/.test(line));
const [fileCircles, layerCircles, doubled] = [circles(imports), circles(layers()), doubledTypes()];

console.log(
  `${files.length} files, ${lines.length} lines, ${longComments.length} comment lines over ${MAX_COLUMNS} columns`,
);
const full = perFolder().filter(([, count]) => count > MAX_FILES);
console.log(`Largest folders, of ${MAX_FILES} files at most:`);
for (const [folder, count] of perFolder().slice(0, 8)) console.log(`  ${count}  ${folder}`);
console.log(`Import circles of files: ${fileCircles.map(({ length }) => length).join(", ") || "none"}`);
for (const circle of fileCircles) console.log(`  ${circle.join("\n  ")}\n`);
console.log(`Import circles of layers: ${layerCircles.map(({ length }) => length).join(", ") || "none"}`);
for (const circle of layerCircles) console.log(`  ${circle.join("\n  ")}\n`);
console.log(`Names exported for two types: ${doubled.length}`);
for (const [name, paths] of doubled) console.log(`  ${name}: ${paths.join(", ")}`);
const wrong = fileCircles.length + layerCircles.length + doubled.length + longComments.length + full.length;
process.exitCode = wrong > 0 ? 1 : 0;
