/**
 * `npm run importable -- backup.sql ready.sql`: orders the statements of a `wrangler d1 export` so that D1
 * can import them. The file is held in memory. docs/operate.md says when it is needed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { inImportOrder } from "./backup/order.ts";

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  console.error("npm run importable -- backup.sql ready.sql");
  process.exitCode = 1;
} else {
  writeFileSync(to, inImportOrder(readFileSync(from, "utf8")), { mode: 0o600 });
}
