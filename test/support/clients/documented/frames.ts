import { type Schema, validate } from "@cfworker/json-schema";
import { inject } from "vitest";
import { z } from "zod";
import { reference } from "./answers.ts";

/** The two kinds of socket of v1. */
export type V1Socket = "room" | "device";

const UNIONS = { room: "RoomServerFrame", device: "DeviceServerFrame" } as const;
const PREFIX = "#/components/schemas/";
const Typed = z.object({ type: z.string() });
const Union = z.looseObject({ oneOf: z.array(z.object({ $ref: z.string() })) });
const FrameSchema = z.looseObject({
  properties: z.looseObject({ type: z.looseObject({ enum: z.array(z.string()) }) }),
});

/** The most flaws of one test that are kept. */
const MOST = 5;
const flaws: string[] = [];

/** Of the frames of one type, a test compares so many first ones, and then each n-th. */
const FIRST = 50;
const NTH = 20;
/** the frames of the running test so far, by socket and type */
const counts = new Map<string, number>();

/** The kind of socket that a path opens; undefined for the sockets of other APIs. */
export function socketOf(path: string): V1Socket | undefined {
  const { pathname } = new URL(path, "https://parley.test");
  if (pathname.startsWith("/v1/conversations/")) return "room";
  return pathname.startsWith("/v1/socket") ? "device" : undefined;
}

/**
 * Compares a frame of the server with `/asyncapi.json`: its type, each field and no other. A flaw fails the
 * running test at its end, since nobody waits for a single frame. Of hundreds of frames of one type in a test
 * a part is compared; all with `EVERY_CASE`.
 */
export function checkFrame(socket: V1Socket, text: string): void {
  if (text === "pong") return;
  const found = flawsOf(socket, text);
  if (found.length > 0 && flaws.length < MOST)
    flaws.push(`${socket}: ${text.slice(0, 400)}: ${found.join("; ")}`);
}

/** Returns the flaws since the last call, and forgets them. */
export function takeUndocumentedFrames(): string[] {
  counts.clear();
  return flaws.splice(0);
}

function flawsOf(socket: V1Socket, text: string): string[] {
  const frame: unknown = JSON.parse(text);
  const { type } = Typed.parse(frame);
  const schema = schemasOf(socket).get(type);
  if (!schema) return [`its type ${type} is not documented`];
  const count = (counts.get(`${socket} ${type}`) ?? 0) + 1;
  counts.set(`${socket} ${type}`, count);
  if (count > FIRST && count % NTH !== 0 && !inject("everyCase")) return [];
  const { valid, errors } = validate(frame, schema, "2020-12", reference().lookup);
  return valid ? [] : errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`);
}

const made = new Map<V1Socket, Map<string, Schema>>();

/** The schemas of a socket's frames, by type. */
function schemasOf(socket: V1Socket): Map<string, Schema> {
  const known = made.get(socket);
  if (known) return known;
  const { schemas = {} } = reference().document.components ?? {};
  const byType = new Map<string, Schema>();
  for (const { $ref } of Union.parse(schemas[UNIONS[socket]]).oneOf) {
    const schema = schemas[$ref.slice(PREFIX.length)];
    const { properties } = FrameSchema.parse(schema);
    for (const type of properties.type.enum) byType.set(type, z.custom<Schema>().parse(schema));
  }
  made.set(socket, byType);
  return byType;
}
