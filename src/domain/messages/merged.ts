import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import { invalid } from "../errors.ts";
import { UserId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { bytesOf, exceedsBytes } from "../text.ts";
import { type BodyJson, Kind } from "./content.ts";
import type { Original } from "./message.ts";

/** What profiles are asked of: today's, or that nobody is known. */
export type FindPerson = (id: UserId) => Person;

/**
 * Who wrote a snapshot, as it is stored. In JSON a quote inside of a string is escaped, so this is never part
 * of what somebody wrote; and no kind's body has a field of that name.
 */
const SENDER = /"sender_id":(\d+)/g;

/** The body of a merged message as it is stored: snapshots name their senders by id alone. */
export function mergedBody(title: string, messages: Original[]): BodyJson {
  const items = messages.map(({ conversationId, seq, senderId, kind, body, createdAt }) => {
    const rest = { conversation_id: conversationId, seq, sender_id: senderId, kind, created_at: createdAt };
    return `${JSON.stringify(rest).slice(0, -1)},"body":${body}}`;
  });
  const json = `${JSON.stringify({ title }).slice(0, -1)},"items":[${items.join(",")}]}`;
  if (exceedsBytes(json, LIMITS.mergedBytes)) throw mergedTooLarge();
  if (depthOf(JSON.parse(json)) > LIMITS.mergedDepth) {
    throw invalid(
      "body.body.items",
      `merged messages may hold each other ${LIMITS.mergedDepth} deep at most`,
    );
  }
  return json;
}

/** Who wrote what a stored body holds, those in each other too: one for each snapshot. */
export function sendersIn(kind: Kind, body: BodyJson): UserId[] {
  if (kind !== "merged") return [];
  return Array.from(body.matchAll(SENDER), ([, id]) => UserId.parse(Number(id)));
}

/**
 * A stored body as readers get it: each snapshot with its sender's profile. Where that made it larger than a
 * page, which only avatars of thousands of bytes can, profiles come without them: one message must not be
 * more than a client, or this object, can take.
 */
export function bodyWithProfiles(kind: Kind, body: BodyJson, personOf: FindPerson): BodyJson {
  if (kind !== "merged") return body;
  const isTooMuch = filledBytes(body, personOf) > LIMITS.pageBytes;
  return filled(body, isTooMuch ? (id) => ({ ...personOf(id), avatar: "" }) : personOf);
}

/** How many bytes `shownBody` takes; never less. */
export function bytesWithProfiles(kind: Kind, body: BodyJson, personOf: FindPerson): number {
  return kind === "merged" ? Math.min(filledBytes(body, personOf), LIMITS.pageBytes) : bytesOf(body);
}

/** Why messages do not fit into a merged one. */
export function mergedTooLarge() {
  return invalid("body", `what is merged must be at most ${LIMITS.mergedBytes} bytes as JSON, all together`);
}

function filled(body: BodyJson, personOf: FindPerson): BodyJson {
  const shown = onceEach(personOf);
  return body.replace(SENDER, (_, id: string) => shown(id));
}

function filledBytes(body: BodyJson, personOf: FindPerson): number {
  const shown = onceEach(personOf);
  let bytes = bytesOf(body);
  for (const [stored, id = ""] of body.matchAll(SENDER)) bytes += bytesOf(shown(id)) - stored.length;
  return bytes;
}

/** The sender as it stands in a snapshot, by the digits of his id; each made once, as most write often. */
function onceEach(personOf: FindPerson): (digits: string) => string {
  const made = new Map<string, string>();
  return (digits) => {
    const known = made.get(digits);
    if (known !== undefined) return known;
    const { id, username, nickname, avatar } = personOf(UserId.parse(Number(digits)));
    const json = `"sender":${JSON.stringify({ id, username, nickname, avatar })}`;
    made.set(digits, json);
    return json;
  };
}

const Merged = z.object({ items: z.array(z.object({ kind: Kind, body: z.unknown() })) });

/** How many merged messages are in each other; clients parse JSON of so many levels. */
function depthOf(body: unknown): number {
  const inner = Merged.parse(body).items.filter(({ kind }) => kind === "merged");
  return 1 + Math.max(0, ...inner.map((item) => depthOf(item.body)));
}
