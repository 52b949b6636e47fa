import { z } from "zod";
import { ExportRecord } from "../../../domain/data/records.ts";

/** Any JSON, as the generator refers to it. */
const ANY = /\{"\$ref":"#\/\$defs\/__schema\d+"\}/g;

const Parts = z.looseObject({ $schema: z.unknown(), $defs: z.unknown() });

/**
 * The JSON Schema of a line of an export or an import. Zod's own generator makes it: the one of the document
 * knows no JSON inside of JSON.
 */
export function recordSchema(): object {
  const generated = z.toJSONSchema(ExportRecord, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      if (zodSchema._zod.def.type === "lazy") for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
    },
  });
  const { $schema: _, $defs: __, ...schema } = Parts.parse(
    JSON.parse(JSON.stringify(generated).replaceAll(ANY, "{}")),
  );
  return {
    description: "A line of a file of JSON Lines: a record that others name by its external id",
    ...schema,
  };
}
