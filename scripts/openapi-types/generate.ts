/**
 * Part of `npm run check`: writes the types of /openapi.json, for the client in packages/client/, and to
 * dist/openapi.d.ts, as the author of another client would have them. The program in
 * test/surfaces/generated-client/ is checked against the latter. Code that does not fit a changed contract is
 * then a type error.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";
import { v1 } from "../../src/surfaces/v1/app.ts";

const ROOT = join(import.meta.dirname, "../..");

const response = await v1.router.request("https://parley.test/openapi.json");
const types = astToString(await openapiTS(await response.text()));
for (const path of ["packages/client/src/api/openapi.d.ts", "dist/openapi.d.ts"]) {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, types);
}
