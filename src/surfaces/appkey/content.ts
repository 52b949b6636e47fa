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

const TEXT = -1;
const PLACE = -5;

const NUMBER = "-?\\d{1,3}(?:\\.\\d+)?";
const COORDINATES = new RegExp(`^ *(${NUMBER}) *, *(${NUMBER}) *(?:,(.*))?$`, "s");

/**
 * The kind and body for `type` and `content`: a text, the URL of a medium, or a place in any form.
 * @throws `validation_failed`
 */
export function readContent(type: number, content: string): Pick<Draft, "kind" | "body" | "place"> {
  const [kind] = TYPES.find(([, number]) => number === type) ?? [];
  if (kind === undefined)
    throw invalid("type", "must be -1 text, -2 image, -3 video, -4 file, -5 location or -6 audio");
  if (kind === "location") return readPlace(content);
  return drafted({ kind, body: kind === "text" ? { text: content } : { url: content } });
}

/**
 * A place: a location if the text is `lat,lng` or `lat,lng,address`, else the text itself, which every API
 * can show. `place` keeps the text where kind and body do not give it back.
 * @throws `validation_failed` for a text that is blank or too long
 */
function readPlace(content: string): Pick<Draft, "kind" | "body" | "place"> {
  const text = drafted({ kind: "text", body: { text: content } });
  const location = Content.safeParse({ kind: "location", body: locationOf(content) });
  const draft = location.success ? drafted(location.data) : text;
  return placeOf(draft) === content ? draft : { ...draft, place: content };
}

/** @throws `validation_failed` */
function drafted(content: unknown): Pick<Draft, "kind" | "body"> {
  const parsed = Content.safeParse(content);
  if (!parsed.success) throw invalid("content", parsed.error.issues.map(({ message }) => message).join("; "));
  return { kind: parsed.data.kind, body: bodyJson(parsed.data) };
}

/** The parts of `lat,lng` or `lat,lng,address`; null for any other text. */
function locationOf(content: string): unknown {
  const [, latitude, longitude, address] = COORDINATES.exec(content) ?? [];
  if (latitude === undefined || longitude === undefined) return null;
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
export function writeContent(message: Pick<Message, "kind" | "body" | "place">): {
  type: number;
  content: string;
} {
  const place = placeOf(message);
  if (place !== null) return { type: PLACE, content: place };
  const { kind, body } = message;
  const [, type = TEXT] = TYPES.find(([name]) => name === kind) ?? [];
  const field = kind === "location" ? null : CONTENT_FIELDS[kind];
  return { type, content: (field && Body.parse(JSON.parse(body))[field]) ?? "" };
}

/** The place that a message names: as its sender wrote it, else from the body of a location; null: none. */
function placeOf({ kind, body, place }: Pick<Message, "kind" | "body" | "place">): string | null {
  if (place !== undefined) return place;
  if (kind !== "location") return null;
  const { latitude, longitude, address } = Body.parse(JSON.parse(body));
  const coordinates = [latitude, longitude].map((degrees) => (degrees === undefined ? "" : digits(degrees)));
  return [...coordinates, ...(address === undefined ? [] : [address])].join(",");
}

/** A number without an exponent, which JavaScript uses for small numbers. */
function digits(degrees: number): string {
  return degrees.toLocaleString("en", { maximumFractionDigits: 20, useGrouping: false });
}
