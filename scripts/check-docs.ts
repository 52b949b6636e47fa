/**
 * Part of `npm run check`: the documents describe the tree as it is.
 * - Every dependency has a row with its version in docs/dependencies.md, and every setting a row in
 *   docs/settings.md.
 * - Every event that the code logs has a row in docs/logs.md, with its level.
 * - Every link and its anchor, `npm run` script and named file exists, and so does each name of
 *   docs/glossary.md.
 * - The newest version of CHANGELOG.md is that of each package and of the files that documents install, and a
 *   state of each version is kept.
 * - Tests are in folders that CONTRIBUTING.md names, and no folder of tests has too many files.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import GithubSlugger from "github-slugger";
import { z } from "zod";
import { SecurityAction } from "../src/domain/security-event.ts";
import { ROOT } from "./support/wrangler.ts";

const Versions = z.record(z.string(), z.string());
const Manifest = z.object({
  version: z.string(),
  scripts: Versions,
  dependencies: Versions,
  devDependencies: Versions,
  workspaces: z.array(z.string()),
});
const Workspace = Manifest.pick({ version: true, devDependencies: true }).extend({
  dependencies: Versions.default({}),
});

const DOCUMENTS = globSync(
  [
    "*.md",
    "docs/**/*.md",
    "src/**/*.md",
    "web/docs/*.md",
    "packages/{client,react,server,tim}/{,docs/**/}*.md",
    "examples/*/*.md",
  ],
  { cwd: ROOT },
);
const DEPENDENCIES = "docs/dependencies.md";

/** The folders of tests; `*` is a feature or an API. */
const TEST_FOLDERS = [
  "test/unit/{pure,pure/foreign,pure/linear,pure/moderation,pure/operation,pure/previews,objects,objects/batches,objects/inbox,objects/search,storage}",
  "test/features/*",
  "test/features/sockets/{both,room,device}",
  "test/surfaces",
  "test/surfaces/*",
  "test/surfaces/kook/guilds",
  "test/surfaces/tim/*",
  "test/faults/{crashes,crashes/files,races,outages,repair}",
  "test/properties",
  "test/scripts",
  "test/bot-libraries",
  "test/kook-libraries",
  "test/scripts/import",
  "test/scripts/newer-exports",
  "test/scripts/start",
  "packages/client/test",
  "packages/client/test/*",
  "packages/react/test",
  "packages/server/test",
  "packages/tim/test",
  "test/tim-engines",
  "test/tim-uikit",
];
/** Files that documents may name, and that the check of the client makes. */
const GENERATED = ["packages/client/src/api/openapi.d.ts"];
const MAX_FILES = 15;
const GLOSSARY = "docs/glossary.md";
const LOGS = "docs/logs.md";
const SETTINGS = "docs/settings.md";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const anchors = new Map<string, ReadonlySet<string>>();
const manifest = Manifest.parse(JSON.parse(read("package.json")));
const wrong = [
  ...dependencies(),
  ...settings(),
  ...DOCUMENTS.flatMap((path) => [...links(path), ...scripts(path), ...sources(path)]),
  ...testFolders(),
  ...glossary(),
  ...logEvents(),
  ...releases(),
];
for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;

/** Dependencies without a row "| `name` | version |", and rows without a dependency. */
function dependencies(): string[] {
  const workspaces = manifest.workspaces.map((path) =>
    Workspace.parse(JSON.parse(read(`${path}/package.json`))),
  );
  // A package that the root has in another version is told of by the row of the root.
  const all: Record<string, string> = {
    ...Object.assign(
      {},
      ...workspaces.flatMap(({ dependencies, devDependencies }) => [dependencies, devDependencies]),
    ),
    ...manifest.dependencies,
    ...manifest.devDependencies,
  };
  const rows = new Map<string, string>();
  for (const [, name = "", version = ""] of read(DEPENDENCIES).matchAll(/^\| `([^`]+)` \| ([^ |]+) \|/gm)) {
    rows.set(name, version);
  }
  const missing = Object.entries(all).flatMap(([name, spec]) => {
    const version = spec.split("@").at(-1);
    if (rows.get(name) === version) return [];
    return [`${DEPENDENCIES}: ${name} ${version} is in package.json; its row here says ${rows.get(name)}`];
  });
  const extra = [...rows.keys()].filter((name) => !Object.hasOwn(all, name));
  return [...missing, ...extra.map((name) => `${DEPENDENCIES}: ${name} is not in package.json`)];
}

/** Settings of wrangler.toml (`NAME = …` and the required secrets) without a row "| `NAME` |". */
function settings(): string[] {
  const config = read("wrangler.toml");
  const vars = [...config.matchAll(/^([A-Z][A-Z_]+) = /gm)].map(([, name = ""]) => name);
  const secrets = [...(config.match(/^required = .*$/m)?.[0] ?? "").matchAll(/"(\w+)"/g)].map(
    ([, name = ""]) => name,
  );
  const missing = [...secrets, ...vars].filter((name) => !read(SETTINGS).includes(`| \`${name}\` |`));
  return missing.map((name) => `${SETTINGS}: the setting ${name} of wrangler.toml has no row`);
}

/** Relative links to files that do not exist, and to headings that a document does not have. */
function links(path: string): string[] {
  const targets = [...read(path).matchAll(/\]\(([^)#:\s]*)(?:#([^)\s]*))?\)/g)];
  return targets.flatMap(([, target = "", anchor]) => {
    const file = target === "" ? path : join(dirname(path), target);
    if (!existsSync(join(ROOT, file))) return [`${path}: there is no ${target}`];
    if (anchor === undefined || !file.endsWith(".md") || anchorsOf(file).has(anchor)) return [];
    return [`${path}: ${file} has no heading with the anchor #${anchor}`];
  });
}

/** The anchors of a document's headings, as GitHub and the page of the guides make them. */
function anchorsOf(path: string): ReadonlySet<string> {
  const known = anchors.get(path);
  if (known) return known;
  const slugger = new GithubSlugger();
  const text = read(path).replace(/^```.*?^```/gms, "");
  const headings = [...text.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = ""]) => heading);
  // The anchor is made of what a reader sees: without code marks, and of a link only its text.
  const shown = headings.map((heading) =>
    heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, ""),
  );
  const found = new Set(shown.map((heading) => slugger.slug(heading)));
  anchors.set(path, found);
  return found;
}

/** `npm run x` where package.json has no x. */
function scripts(path: string): string[] {
  const names = [...read(path).matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
  const dead = names.filter((name) => !Object.hasOwn(manifest.scripts, name));
  return dead.map((name) => `${path}: there is no script ${name}`);
}

/** Named files of `src/`, `test/` and `packages/` that do not exist. */
function sources(path: string): string[] {
  const named = read(path).matchAll(/(?<![\w/])(?:packages\/\w+\/)?(?:src|test)\/[\w/.-]+\.ts\b/g);
  const names = [...named].map(([name]) => name).filter((name) => !GENERATED.includes(name));
  return names.filter((name) => !existsSync(join(ROOT, name))).map((name) => `${path}: there is no ${name}`);
}

/** Tests outside of these folders, and folders with too many files. Fixtures do not count. */
function testFolders(): string[] {
  const astray = globSync(["test/**/*.test.ts", "packages/*/test/**/*.test.ts"], { cwd: ROOT })
    .filter((path) => !TEST_FOLDERS.some((folder) => matchesGlob(dirname(path), folder)))
    .map((path) => `${path}: tests do not go there; CONTRIBUTING.md says where`);
  const files = globSync(["test/**/*.*", "packages/*/test/**/*.*"], {
    cwd: ROOT,
    exclude: ["**/fixtures/**", "**/node_modules/**"],
  });
  const full = Object.entries(Object.groupBy(files, (path) => dirname(path))).flatMap(
    ([folder, { length } = []]) =>
      length > MAX_FILES
        ? [`${folder}: ${length} files are too many to look through; ${MAX_FILES} at most`]
        : [],
  );
  return [...astray, ...full];
}

/** Names in the last column of the glossary that the code does not contain. */
function glossary(): string[] {
  const sources = globSync(
    ["{src,scripts/import}/**/*.ts", "packages/*/src/**/*.{ts,tsx}", "web/src/**/*.{ts,tsx}"],
    {
      cwd: ROOT,
    },
  );
  const words = new Set(sources.flatMap((path) => read(path).match(/\w+/g) ?? []));
  const rows = [...read(GLOSSARY).matchAll(/^\|[^|]+\|[^|]+\|([^|]+)\|$/gm)].map(([, cell = ""]) => cell);
  const names = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
  return names.filter((name) => !words.has(name)).map((name) => `${GLOSSARY}: no code is named ${name}`);
}

/**
 * Calls of `log` without a literal event, events without a row "| `event` | levels |", rows without an event,
 * and actions of security events without a row.
 */
function logEvents(): string[] {
  const rows = new Map<string, string>();
  const [table = "", actions = ""] = read(LOGS).split("## Security");
  for (const [, event = "", levels = ""] of table.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)) {
    rows.set(event, levels);
  }
  const wrong: string[] = [];
  const logged = new Set<string>();
  for (const path of globSync(["src/**/*.ts", "scripts/start/*.ts"], {
    cwd: ROOT,
    exclude: ["src/lib/logger.ts"],
  })) {
    for (const [call, level = "", event = ""] of read(path).matchAll(/\blog\(\s*([^,]+),\s*([^,)]+)/g)) {
      const name = event.match(/^"(\w+)"$/)?.[1];
      if (name === undefined) {
        wrong.push(`${path}: the event of \`${call}\` is no literal, so that ${LOGS} cannot be checked`);
        continue;
      }
      logged.add(name);
      const levels = [...level.matchAll(/"(\w+)"/g)].map(([, one = ""]) => one);
      const row = rows.get(name);
      if (row === undefined || !levels.every((one) => row.includes(`\`${one}\``)))
        wrong.push(
          `${LOGS}: ${name} of ${path} (${levels.join(", ")}) has no row, or one with another level`,
        );
    }
  }
  const extra = [...rows.keys()].filter((name) => !logged.has(name));
  const security = SecurityAction.options.filter((action) => !actions.includes(`\`${action}\``));
  return [
    ...wrong,
    ...extra.map((name) => `${LOGS}: no code logs ${name}`),
    ...security.map((action) => `${LOGS}: the action ${action} has no row`),
  ];
}

function releases(): string[] {
  const versions = [...read("CHANGELOG.md").matchAll(/^## (\d\S+)/gm)].map(([, version = ""]) => version);
  const packages = [
    "package.json",
    "web/package.json",
    ...globSync("packages/*/package.json", { cwd: ROOT }),
  ];
  const versionOf = (path: string) => Workspace.parse(JSON.parse(read(path))).version;
  return [
    ...packages
      .filter((path) => versionOf(path) !== versions[0])
      .map((path) => `${path}: its version is not ${versions[0]}, the newest one of CHANGELOG.md`),
    ...DOCUMENTS.flatMap((path) =>
      [...read(path).matchAll(/parley-[a-z]+-(\d\S+)\.tgz/g)]
        .filter(([, version]) => version !== versions[0])
        .map(([file]) => `${path}: ${file} is not of ${versions[0]}`),
    ),
    ...versions
      .filter((version) => !existsSync(join(ROOT, `test/releases/${version}.tar.gz`)))
      .map((version) => `test/releases: no state of ${version}; npm run release:state makes it`),
  ];
}
