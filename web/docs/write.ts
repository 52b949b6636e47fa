/**
 * Writes the pages at /docs, and the headers of all static assets. Its arguments are the paths of `web/` and
 * of the folder to write into. `web/scripts/docs.ts` bundles and runs it: Node imports neither Markdown nor
 * styles.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { v1 } from "../../src/surfaces/v1/app.ts";
import { describeSockets } from "../../src/surfaces/v1/openapi/asyncapi.ts";
import { describe } from "../../src/surfaces/v1/openapi/document.ts";
import { contentSecurityPolicy, layout } from "./page/layout.ts";
import { searchEntries } from "./page/page.ts";
import { MISSING, markdownFiles, pagesOf } from "./site.ts";

/** Writes all files, and removes those of former builds. */
async function write(web: string, dist: string): Promise<void> {
  const files = await filesOf();
  for (const [path, content] of files) {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    writeFileSync(join(dist, path), content);
  }
  for (const path of globSync("docs/**/*.*", { cwd: dist })) {
    if (!files.has(path)) rmSync(join(dist, path));
  }
  const headers = readFileSync(join(web, "public/_headers"), "utf8");
  writeFileSync(join(dist, "_headers"), `${headers}\n${await headersOfPages()}`);
}

/** The content of each file, by its path in the folder. A page at `/x` is `x.html`. */
async function filesOf(): Promise<Map<string, string>> {
  const document = describe(v1.router);
  const pages = pagesOf(document, describeSockets(document));
  const search = JSON.stringify(searchEntries(pages));
  const files = new Map([["docs/search.json", search], ...markdownFiles()]);
  for (const page of [...pages, MISSING])
    files.set(`${page.path.slice(1)}.html`, String(await layout(page, pages)));
  return files;
}

async function headersOfPages(): Promise<string> {
  return `/docs*
  Cache-Control: public, max-age=300
  Content-Security-Policy: ${await contentSecurityPolicy()}
  X-Content-Type-Options: nosniff
`;
}

const [, , web, dist] = process.argv;
if (web === undefined || dist === undefined)
  throw new Error("name the folder of the web client, and the folder to write into");
void write(web, dist);
