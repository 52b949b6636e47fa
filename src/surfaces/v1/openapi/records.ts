import { z } from "zod";
import { ExportedContent, ExportRecord } from "../../../domain/data/records.ts";

/** Any JSON, as the generator refers to it. */
const ANY = /\{"\$ref":"#\/\$defs\/__schema\d+"\}/g;

const Parts = z.looseObject({ $schema: z.unknown(), $defs: z.unknown() });

/** The schemas of lines and of the content of messages. */
export function recordSchemas(): Record<string, object> {
  return {
    ExportRecord: withContent(
      schemaOf(ExportRecord, "A line of JSON Lines: a record that others name by its external id"),
    ),
    ExportedContent: schemaOf(ExportedContent, "Kind and body of a message in an export or an import"),
  };
}

/**
 * The JSON Schema of a part of exports and imports. Zod's own generator makes it: the one of the document
 * knows no JSON inside of JSON.
 */
function schemaOf(schema: z.ZodType, description: string): object {
  const generated = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      if (zodSchema._zod.def.type !== "lazy") return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
    },
  });
  const json = JSON.stringify(generated).replaceAll(ANY, "{}");
  const { $schema: _, $defs: __, ...rest } = Parts.parse(JSON.parse(json));
  return { description, ...rest };
}

const Records = z.looseObject({
  oneOf: z.array(z.looseObject({ properties: z.looseObject({ message: z.looseObject({}).optional() }) })),
});

/** The schema of records, whose messages have exported content, unless they are revoked. */
function withContent(schema: object): object {
  const { oneOf, ...rest } = Records.parse(schema);
  const content = { anyOf: [{ $ref: "#/components/schemas/ExportedContent" }, { required: ["revoked"] }] };
  const withOne = (one: (typeof oneOf)[number]) => {
    const { message, ...others } = one.properties;
    return message ? { ...one, properties: { ...others, message: { ...message, ...content } } } : one;
  };
  return { ...rest, oneOf: oneOf.map(withOne) };
}
