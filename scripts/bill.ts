/**
 * `npm run bill`: computes the bill in docs/operate.md from Cloudflare's list prices (scripts/bill/prices.ts)
 * and the figures of docs/benchmarks/costs.md, which tests count, and writes it there. With `--check`, part
 * of `npm run check`, it ends with 1 if the page has another one.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { billTables } from "./bill/tables.ts";
import { ROOT } from "./support/wrangler.ts";

const PAGE = join(ROOT, "docs/operate.md");
const PLACE = /(<!-- bill -->\n)[\s\S]*?(<!-- end of the bill -->)/;

const page = readFileSync(PAGE, "utf8");
const tables = billTables(readFileSync(join(ROOT, "docs/benchmarks/costs.md"), "utf8"));
const written = page.replace(PLACE, (_, start: string, end: string) => `${start}${tables}\n${end}`);
if (!PLACE.test(page)) {
  console.error("docs/operate.md has no place for the bill");
  process.exitCode = 1;
} else if (!process.argv.includes("--check")) {
  writeFileSync(PAGE, written);
  console.log(tables);
} else if (written !== page) {
  console.error("docs/operate.md: the bill is not that of the prices and counts; run `npm run bill`");
  process.exitCode = 1;
}
