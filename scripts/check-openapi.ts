/**
 * Part of `npm run check`: /openapi.json is a valid OpenAPI 3.1 document. It is not a test because the
 * validator compiles its schemas to code, which the Workers runtime forbids.
 */
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import { v1 } from "../src/surfaces/v1/app.ts";

const document = z.record(z.string(), z.json()).parse(await (await v1.request("/openapi.json")).json());
const { valid, errors } = await new Validator().validate(document);
if (!valid) {
  console.error("/openapi.json is not a valid OpenAPI document:", JSON.stringify(errors, null, 2));
  process.exitCode = 1;
}
