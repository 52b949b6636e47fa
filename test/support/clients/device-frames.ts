import { z } from "zod";
import type { Frame, TestSocket } from "./socket.ts";

const Item = z.looseObject({ conversation_id: z.int(), seq: z.int() });
const Items = z.array(Item);
const About = z.looseObject({ conversation_id: z.int() });
const Announced = z.object({ conversation: z.looseObject({ id: z.int() }) });

/**
 * The frames of a device about one conversation, in order of arrival. Batches are split into single messages
 * and acks.
 */
export function framesAbout(socket: TestSocket, conversationId: number): Frame[] {
  return socket.frames.flatMap(single).filter((frame) => conversationOf(frame) === conversationId);
}

/** The seqs that a device knows in a conversation, by message or by own ack, in order of arrival. */
export function seqsKnownTo(socket: TestSocket, conversationId: number): number[] {
  return framesAbout(socket, conversationId)
    .filter(({ type }) => type === "message" || type === "ack")
    .map((frame) => Item.parse(frame).seq);
}

/** The events of these types about one conversation, without their `conversation_id`. */
export function eventsOf(socket: TestSocket, conversationId: number, ...types: string[]): object[] {
  const events = framesAbout(socket, conversationId).filter(({ type }) => types.includes(type));
  return events.map(({ conversation_id: _, ...event }) => event);
}

/** Resolves with the first frame of a device that has these fields. */
export async function untilFrame(socket: TestSocket, fields: Record<string, unknown>): Promise<Frame> {
  let looked = 0;
  let found: Frame | undefined;
  await socket.until(({ frames }) => {
    while (!found && looked < frames.length) {
      found = frames
        .slice(looked, ++looked)
        .flatMap(single)
        .find((frame) => has(frame, fields));
    }
    return found !== undefined;
  });
  if (!found) throw new Error("it was there");
  return found;
}

/** Resolves once a device has received `count` acks. */
export function untilAcked(socket: TestSocket, count: number): Promise<void> {
  let looked = 0;
  let acks = 0;
  return socket.until(({ frames }) => {
    for (const frame of frames.slice(looked)) {
      if (frame.type === "ack") acks++;
      if (frame.type === "acks") acks += Items.parse(frame.items).length;
    }
    looked = frames.length;
    return acks >= count;
  });
}

function single(frame: Frame): Frame[] {
  switch (frame.type) {
    case "message":
      return [{ ...Item.parse(frame.message), type: "message" }];
    case "messages":
      return Items.parse(frame.items).map((item) => ({ ...item, type: "message" }));
    case "acks":
      return Items.parse(frame.items).map((item) => ({ ...item, type: "ack" }));
    default:
      return [frame];
  }
}

function conversationOf(frame: Frame): number | undefined {
  if (frame.type === "conversation") return Announced.parse(frame).conversation.id;
  return About.safeParse(frame).data?.conversation_id;
}

/** Whether a value has these fields. Objects are compared in depth, and may have more fields. */
function has(value: unknown, fields: unknown): boolean {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return JSON.stringify(value) === JSON.stringify(fields);
  }
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(fields).every(([name, field]) => has(Reflect.get(value, name), field));
}
