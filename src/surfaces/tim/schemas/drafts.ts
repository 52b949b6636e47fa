import { z } from "zod";
import { ContentType, FileName } from "../../../domain/files/file.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { Content, type Kind } from "../../../domain/messages/content.ts";
import type { Recipient } from "../../../domain/messages/draft.ts";
import type { Priority } from "../../../domain/messages/message.ts";
import { textUpTo } from "../../../domain/text.ts";
import { fileOfUrl } from "../../../http/file-url.ts";
import type { FilePlace } from "../../../http/uploads/with-file.ts";
import { conversationType, groupID, messageID, userID } from "../ids.ts";
import { AT_ALL, ELEMENTS } from "../serialize/setting.ts";

const MIB = 1_048_576;

/** Where `createMessage` may have a file. What is too large for its kind is still read, so that it is told so. */
export const FILE_PLACE: FilePlace = {
  field: "file",
  path: ["payload", "file", "data"],
  maxBytes: 99 * MIB,
  maxBytesBeside: MIB,
};

const PRIORITIES = new Map<unknown, Priority>([
  ["High", "high"],
  ["Low", "low"],
  ["Lowest", "lowest"],
]);

/** A form has the payload as JSON text. */
const payload = z.preprocess(
  (value, context) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue("must be JSON");
      return z.NEVER;
    }
  },
  z.record(z.string(), z.unknown(), { error: "must be an object" }),
);

/** The elements that can be made, by the SDK's names. */
const KINDS = new Map<string, Content["kind"]>(
  Content.options.map(({ shape }) => [ELEMENTS[shape.kind.value], shape.kind.value]),
);

const element = z.string().transform((name, context) => {
  const kind = KINDS.get(name);
  if (kind !== undefined) return kind;
  context.addIssue("must be an element that can be made");
  return z.NEVER;
});

const said = {
  conversationType: conversationType.pipe(
    z.enum(["direct", "group"], { error: "must be of somebody, or of a group" }),
  ),
  /** whatever is none of the four is as most are */
  priority: z
    .unknown()
    .optional()
    .transform((name) => PRIORITIES.get(name)),
  payload,
  type: element.optional(),
  cloudCustomData: z.string().optional(),
};

/** No name is longer: what can be none is not kept with a draft. */
const direct = z.object({ direct: userID.pipe(z.string().max(256, "must be the name of a user")) });
const group = z.object({ group: groupID });

/** `createMessage`, whatever its payload is. */
export const Creation = z.object(said);
/** The same beside a file in a form, where nothing more need be said. */
export const FormCreation = Creation.extend({ payload: payload.default({}) });
export type Creation = z.infer<typeof Creation>;

/** For whom it is: the sort of conversation says how to read it, and is what it is called here. */
export const RECIPIENTS = {
  direct: direct.transform(({ direct: username }): Recipient => ({ type: "direct", username })),
  group: group.transform(({ group }): Recipient => ({ type: "group", group })),
};

const within = <S extends z.ZodType>(schema: S) => z.object({ payload: schema });

/** Whom a payload mentions, by their names. */
export const Mentioning = within(
  z.looseObject({
    atUserList: z
      .array(userID)
      .max(LIMITS.mentions)
      .transform((names) => (names.includes(AT_ALL) ? ("all" as const) : [...new Set(names)]))
      .default([]),
  }),
);

const index = z.union([z.string(), z.int().transform(String)], { error: "must be a string" });

/** Payloads that say all of a message: what they give is its body. */
export const PAYLOADS = {
  text: within(z.object({ text: textUpTo(LIMITS.text) })),
  face: within(z.object({ index, data: z.string() })),
  custom: within(
    z.object({ data: z.string(), description: z.string().default(""), extension: z.string().default("") }),
  ),
  location: within(
    z
      .object({
        description: textUpTo(500).default(""),
        latitude: z.number().min(-90).max(90),
        longitude: z.number().min(-180).max(180),
      })
      .transform(({ description, ...place }) => ({ ...place, ...(description && { address: description }) })),
  ),
} satisfies Partial<Record<Kind, z.ZodType>>;

/** A message as a call names it: its ID, or the whole of it. */
const named = z.union([messageID, z.object({ ID: messageID }).transform(({ ID }) => ID)], {
  error: "must be a message, or its ID",
});

/** The payload of a forward. */
export const Forwarding = within(z.object({ message: named }));

const MOST = 1e9;

/** A number, which may be text; none, 0 and `""` are the same. */
const amount = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{0,10}(?:\.\d{1,9})?$/, "must be a number")
      .transform(Number),
  ])
  .pipe(z.number().min(0).max(MOST))
  .optional();

const pixels = amount.transform((number) => Math.round(number ?? 0) || undefined);

const measures = {
  width: pixels,
  height: pixels,
  /** seconds */
  duration: amount.transform((seconds) => (seconds ? Math.round(seconds * 1_000) : undefined)),
};

/** What is said of a file. How large it is is seen. */
const claims = {
  name: FileName.optional(),
  type: z.union([z.literal("").transform(() => undefined), ContentType]).optional(),
  ...measures,
};

const uploaded = z.string().transform((url, context) => {
  const { key } = fileOfUrl(url);
  if (key !== null) return key;
  context.addIssue("must be the URL of a file that was uploaded here");
  return z.NEVER;
});

/** The payload of a file that was uploaded before, */
export const Uploaded = within(z.object({ file: z.object({ url: uploaded, ...claims }) }));
/** of one that is in it, in base64, */
export const Encoded = within(z.object({ file: z.object(claims) }));
/** and of one that comes beside it. */
export const Beside = within(z.looseObject({ ...measures, file: z.looseObject(measures).optional() }));

/**
 * `sendMessage` and `resendMessage`: a message that was made, as `message` or as the body itself, or just its ID. Nothing
 * else of it is read but the sort of conversation that it is for.
 */
export const Sending = z.preprocess(
  (body) => {
    const { message } = z.object({ message: z.unknown() }).partial().catch({}).parse(body);
    if (message === undefined || message === null) return body;
    return typeof message === "string" ? { ID: message } : message;
  },
  z.object({
    ID: messageID,
    conversationType: z
      .unknown()
      .optional()
      .transform((type) => (type === "GROUP" ? ("group" as const) : ("direct" as const))),
  }),
);
