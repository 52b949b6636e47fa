import { z } from "zod";
import { invalid } from "../../domain/errors.ts";
import { bodyJson, Content, type Kind } from "../../domain/messages/content.ts";
import type { Draft, Message } from "../../domain/messages/message.ts";

/** The API's numbers of message types, by kind. */
const TYPES = [
  ["text", -1],
  ["image", -2],
  ["video", -3],
  ["file", -4],
  ["location", -5],
  ["audio", -6],
] as const;
type TypedKind = (typeof TYPES)[number][0];

const TEXT = -1;

const NUMBER = "-?\\d{1,3}(?:\\.\\d+)?";
const PLACE = new RegExp(`^(${NUMBER}),(${NUMBER})(?:,(.*))?$`, "s");

/**
 * The kind and body for `type` and `content`: a text, the URL of a medium, or `lat,lng` or `lat,lng,address`.
 * @throws `validation_failed`
 */
export function readContent(type: number, content: string): Pick<Draft, "kind" | "body"> {
  const [kind] = TYPES.find(([, number]) => number === type) ?? [];
  if (kind === undefined)
    throw invalid("type", "must be -1 text, -2 image, -3 video, -4 file, -5 location or -6 audio");
  const parsed = Content.safeParse({ kind, body: bodyOf(kind, content) });
  if (!parsed.success) throw invalid("content", parsed.error.issues.map(({ message }) => message).join("; "));
  return { kind, body: bodyJson(parsed.data) };
}

function bodyOf(kind: TypedKind, content: string): unknown {
  if (kind === "text") return { text: content };
  if (kind !== "location") return { url: content };
  const [, latitude, longitude, address] = PLACE.exec(content) ?? [];
  if (latitude === undefined || longitude === undefined)
    throw invalid("content", "must be lat,lng or lat,lng,address");
  return {
    latitude: Number(latitude),
    longitude: Number(longitude),
    ...(address !== undefined && { address }),
  };
}

/** The body field that becomes `content`, by kind; null: none. A location has three fields. */
const CONTENT_FIELDS: Record<Exclude<Kind, "location">, "text" | "url" | "description" | "title" | null> = {
  text: "text",
  image: "url",
  video: "url",
  file: "url",
  audio: "url",
  face: null,
  custom: "description",
  merged: "title",
  tip: null,
};

const part = z.string().optional();
const Body = z.object({
  ...{ text: part, url: part, description: part, title: part, address: part },
  latitude: z.number().optional(),
  longitude: z.number().optional(),
});

/**
 * The inverse of `readContent`. A kind without a type here becomes a text with the readable part of its body.
 */
export function writeContent({ kind, body }: Pick<Message, "kind" | "body">): {
  type: number;
  content: string;
} {
  const [, type = TEXT] = TYPES.find(([name]) => name === kind) ?? [];
  const parts = Body.parse(JSON.parse(body));
  if (kind !== "location") {
    const field = CONTENT_FIELDS[kind];
    return { type, content: (field && parts[field]) ?? "" };
  }
  const { latitude, longitude, address } = parts;
  const place = [latitude, longitude].map((degrees) => (degrees === undefined ? "" : digits(degrees)));
  return { type, content: [...place, ...(address === undefined ? [] : [address])].join(",") };
}

/** A number without an exponent, which JavaScript uses for small numbers. */
function digits(degrees: number): string {
  return degrees.toLocaleString("en", { maximumFractionDigits: 20, useGrouping: false });
}
