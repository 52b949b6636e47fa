/**
 * Part of `npm run check`: /openapi.json is a valid OpenAPI 3.1 document with valid schemas. This is no test,
 * because validators generate code, which the Workers runtime forbids.
 */
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";
import { v1 } from "../src/surfaces/v1/app.ts";

const Node = z.record(z.string(), z.json());
const Components = z.looseObject({ components: z.looseObject({ schemas: Node }) });

const document = Node.parse(await (await v1.router.request("/openapi.json")).json());
const { errors } = await new Validator().validate(document);
const ajv = new Ajv2020();

// OpenAPI's own schema does not check the schemas inside.
const wrong = [...Object.values(Components.parse(document).components.schemas), ...schemasIn(document)]
  .filter((schema) => !ajv.validateSchema(Node.parse(schema)))
  .map((schema) => JSON.stringify(schema));

if (errors !== undefined || wrong.length > 0) {
  console.error("/openapi.json is not a valid OpenAPI 3.1 document:", JSON.stringify(errors), ...wrong);
  process.exitCode = 1;
}

/** Everything in the place of a `schema` of a parameter, a header or a body. */
function schemasIn(part: z.infer<ReturnType<typeof z.json>>): z.infer<ReturnType<typeof z.json>>[] {
  if (typeof part !== "object" || part === null) return [];
  if (Array.isArray(part)) return part.flatMap(schemasIn);
  return Object.entries(part).flatMap(([key, inner]) => (key === "schema" ? [inner] : schemasIn(inner)));
}
