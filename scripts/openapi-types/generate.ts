/**
 * Part of `npm run check`: writes the types of /openapi.json to dist/openapi.d.ts, as the author of a client
 * would. The program in test/surfaces/generated-client/ is checked against them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";
import { v1 } from "../../src/surfaces/v1/app.ts";

const DIST = join(import.meta.dirname, "../../dist");

const response = await v1.router.request("https://parley.test/openapi.json");
const nodes = await openapiTS(await response.text());
mkdirSync(DIST, { recursive: true });
writeFileSync(join(DIST, "openapi.d.ts"), astToString(nodes));
