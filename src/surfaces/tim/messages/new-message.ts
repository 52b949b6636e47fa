import { z } from "zod";
import type { MediaKind } from "../../../domain/errors.ts";
import { ContentType, FileName } from "../../../domain/files/file.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { Content, type Kind, MessageText } from "../../../domain/messages/content.ts";
import { DraftId, makerIn, type Recipient } from "../../../domain/messages/draft.ts";
import type { Priority } from "../../../domain/messages/message.ts";
import { textUpTo } from "../../../domain/text.ts";
import type { Fields } from "../../../http/fields.ts";
import { fileOfUrl } from "../../../http/file-url.ts";
import type { FilePlace } from "../../../http/uploads/with-file.ts";
import { constantValue, orConstant } from "../constants.ts";
import { AT_ALL, ELEMENTS } from "../context.ts";
import { conversationType, groupID, messageID, sentPlace, userID } from "../ids.ts";
import type { MentionsByName } from "../use-cases/drafts.ts";

const MIB = 1_048_576;

/**
 * Where `createMessage` may have a file. A file too large for its kind is still read, so that the client gets
 * the answer.
 */
export const FILE_PLACE: FilePlace = {
  fields: ["file", "payload.file", "payload[file]"],
  path: ["payload", "file", "data"],
  maxBytes: 99 * MIB,
  maxBytesBeside: MIB,
};

const PRIORITIES = new Map<unknown, Priority>([
  ["High", "high"],
  ["Low", "low"],
  ["Lowest", "lowest"],
]);

/** The payload: an object, or in a form its JSON text. */
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

/** The ID of a quoted message; undefined: it is none of this server's. */
const quotedID = sentPlace.optional().catch(undefined);
const byQuote = z.object({ messageID: quotedID, msgID: quotedID });
const byReply = z.object({ messageReply: z.object({ messageID: quotedID }) });

/**
 * The message that a message quotes: as the SDK says it, in `quoteInfo`, or as the UI kits do, in the custom
 * data. Nothing that cannot be read as one is refused: custom data are the app's.
 */
export const Quoting = z
  .object({
    quoteInfo: z.preprocess(parsed, byQuote).optional().catch(undefined),
    cloudCustomData: z.preprocess(parsed, byReply).optional().catch(undefined),
  })
  .transform(
    ({ quoteInfo, cloudCustomData }) =>
      quoteInfo?.messageID ?? quoteInfo?.msgID ?? cloudCustomData?.messageReply.messageID,
  );

/** The JSON that a text is; any other value stays as it is. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("{")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The elements that can be made, by the SDK's names. */
const KINDS = new Map<string, Content["kind"] | "merged">([
  ...Content.options.map(({ shape }) => [ELEMENTS[shape.kind.value], shape.kind.value] as const),
  [ELEMENTS.merged, "merged"],
]);

/** An element that can be made: its kind of message. */
export const element = orConstant(
  z.string().transform((name, context) => {
    const kind = KINDS.get(name);
    if (kind !== undefined) return kind;
    context.addIssue("must be an element that can be made");
    return z.NEVER;
  }),
);

const creationFields = {
  conversationType: conversationType.pipe(
    z.enum(["direct", "group"], { error: "must be of somebody, or of a group" }),
  ),
  /** an unknown value counts as the normal priority */
  priority: z
    .unknown()
    .optional()
    .transform((name) => PRIORITIES.get(constantValue(name))),
  payload,
  type: element.optional(),
  cloudCustomData: z.string().optional(),
};

/** A username has at most 256 characters: a longer text is not stored with a draft. */
const direct = z.object({ direct: userID.pipe(z.string().max(256, "must be the name of a user")) });
const group = z.object({ group: groupID });

/** `createMessage`, with any payload. */
export const Creation = z.object(creationFields);
/** The same beside a file in a form, which needs no payload. */
export const FormCreation = Creation.extend({ payload: payload.default({}) });
export type Creation = z.infer<typeof Creation>;

/** The recipient, by the type of conversation, which also selects how `to` is read. */
export const RECIPIENTS = {
  direct: direct.transform(({ direct: username }): Recipient => ({ type: "direct", username })),
  group: group.transform(({ group }): Recipient => ({ type: "group", group })),
};

const inPayload = <S extends z.ZodType>(schema: S) => z.object({ payload: schema });

/** The mentions in a list of usernames, one of which may stand for everybody. */
function toMentions(list: string[]): MentionsByName {
  const names = new Set(list);
  return { all: names.delete(AT_ALL), names: [...names] };
}

const atUserList = z.array(orConstant(userID)).max(LIMITS.mentions).transform(toMentions);

/** The mentions of a payload, by username. */
export const MentionPayload = inPayload(z.looseObject({ atUserList: atUserList.optional() }));

const index = z.union([z.string(), z.int().transform(String)], { error: "must be a string" });

/** The payloads without a file, by kind. Each is parsed to the body of the message. */
export const PAYLOADS = {
  text: inPayload(z.object({ text: MessageText })),
  face: inPayload(z.object({ index, data: z.string() })),
  custom: inPayload(
    z.object({ data: z.string(), description: z.string().default(""), extension: z.string().default("") }),
  ),
  location: inPayload(
    z
      .object({
        description: textUpTo(500).default(""),
        latitude: z.number().min(-90).max(90),
        longitude: z.number().min(-180).max(180),
      })
      .transform(({ description, ...place }) => ({ ...place, ...(description && { address: description }) })),
  ),
} satisfies Partial<Record<Kind, z.ZodType>>;

/** A message in a call: its ID, or the whole message. */
const messageOrID = z.union([messageID, z.object({ ID: messageID }).transform(({ ID }) => ID)], {
  error: "must be a message, or its ID",
});

/** The payload of a forward. */
export const ForwardPayload = inPayload(z.object({ message: messageOrID }));

/** The payload of a merged message. Its other fields are made of the messages. */
export const MergerPayload = inPayload(
  z.object({
    messageList: z.array(messageOrID).min(1, "must not be empty").max(LIMITS.mergedItems),
    title: textUpTo(LIMITS.name).default(""),
  }),
);

const MAX_AMOUNT = 1e9;

/** A number or its text. Absent, 0 and `""` are equivalent. */
const amount = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{0,10}(?:\.\d{1,9})?$/, "must be a number")
      .transform(Number),
  ])
  .pipe(z.number().min(0).max(MAX_AMOUNT))
  .optional();

const pixels = amount.transform((number) => Math.round(number ?? 0) || undefined);

const measures = {
  width: pixels,
  height: pixels,
  /** seconds */
  duration: amount.transform((seconds) => (seconds ? Math.round(seconds * 1_000) : undefined)),
};

/** The client's description of a file. Its size is measured. */
const fileDescription = {
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

/** The payload of a file that was uploaded before. */
export const UploadedFilePayload = inPayload(
  z.object({ file: z.object({ url: uploaded, ...fileDescription }) }),
);
/** The payload that holds the file in base64. */
export const EncodedFilePayload = inPayload(z.object({ file: z.object(fileDescription) }));
/** The payload beside a file in a form. */
export const FormFilePayload = inPayload(
  z.looseObject({ ...measures, file: z.looseObject(measures).optional() }),
);

/**
 * `sendMessage` and `resendMessage`: a created message as `message` or as the body itself, or only its ID.
 * Its other fields are read by the schemas below.
 */
export const Sending = z.preprocess(
  (body) => {
    const { message } = z.object({ message: z.unknown() }).partial().catch({}).parse(body);
    if (message === undefined || message === null) return body;
    return typeof message === "string" ? { ID: message } : message;
  },
  z
    .looseObject({
      ID: messageID,
      conversationType: z.unknown().optional(),
    })
    .transform(({ ID, ...message }) => ({
      ...{ ID, message },
      supposed:
        constantValue(message.conversationType) === "GROUP" ? ("group" as const) : ("direct" as const),
    })),
);

/** The id that a client gives a message: its maker's userID and two numbers. */
export const GivenID = z.object({
  ID: z.string().pipe(
    DraftId.refine((id) => makerIn(id) !== undefined, {
      error: "must be your userID and two numbers, joined by -",
    }),
  ),
});

/** A message that comes whole, with an ID that its client has given, and that no call has created before. */
const WholeMessage = z.looseObject({
  ...GivenID.shape,
  to: z.unknown().refine((to) => to !== undefined && to !== null),
  payload: z.record(z.string(), z.unknown()),
});

/** The option of a message that only those are shown who are online. */
export const OnlineOption = z.object({ onlineUserOnly: z.boolean().default(false) });

/** The whole message in a call of `sendMessage`; undefined: the call names a message that was created. */
export function wholeMessage({ message, ...body }: Fields): z.infer<typeof WholeMessage> | undefined {
  return WholeMessage.safeParse(message ?? body).data;
}

/** The fields of a created message that its creator may change, besides the payload. */
export const Edits = z.object({
  priority: z
    .unknown()
    .optional()
    .transform((name) => PRIORITIES.get(constantValue(name)) ?? ("normal" as const)),
  cloudCustomData: creationFields.cloudCustomData,
  payload: payload.optional(),
  atUserList: atUserList.optional(),
});

/** The recipient as a created message names it. */
export const ToType = z.object({ conversationType: creationFields.conversationType });

/**
 * The fields of a file's payload that its creator may change, parsed to fields of the body. A number of 0
 * counts as absent.
 */
export const FILE_EDITS: Record<MediaKind, z.ZodType<{ payload: object }>> = {
  image: inPayload(z.object({})),
  file: inPayload(z.object({ fileName: FileName.optional() }).transform(({ fileName: name }) => ({ name }))),
  audio: inPayload(
    z.object({ second: measures.duration }).transform(({ second: duration_ms }) => ({ duration_ms })),
  ),
  video: inPayload(
    z
      .object({ videoSecond: measures.duration, thumbWidth: pixels, thumbHeight: pixels })
      .transform(({ videoSecond: duration_ms, thumbWidth: width, thumbHeight: height }) => {
        return { duration_ms, width, height };
      }),
  ),
};
