import { z } from "zod";
import type { MessageRecord } from "../../../domain/data/records.ts";
import { ExternalId } from "../../../domain/server/user-ref.ts";

/** A part of a body that names users, conversations or a file. */
const Naming = z.object({
  actor: ExternalId.optional(),
  users: z.array(ExternalId).optional(),
  sender: ExternalId.optional(),
  conversation: ExternalId.optional(),
  file: ExternalId.optional(),
  items: z.array(z.unknown()).optional(),
  body: z.unknown(),
});

/** The external ids that a message record names. */
export function namedBy(record: MessageRecord): {
  users: ExternalId[];
  conversations: ExternalId[];
  files: ExternalId[];
} {
  const bodies = [record.body, ...(record.edits ?? []).map(({ body }) => body)].flatMap(partsOf);
  const mentions = [
    record.mentions,
    record.also_mentions,
    ...(record.edits ?? []).map((edit) => edit.mentions),
  ];
  return {
    users: [
      ...[record.sender, record.forwarded?.sender, record.pinned?.by, record.revoked?.by].flatMap(
        (ref) => ref ?? [],
      ),
      ...mentions.flatMap((some) => (some === undefined || some === "all" ? [] : some)),
      ...[...(record.reactions ?? []), ...(record.votes ?? [])].map(({ user }) => user),
      ...(record.hidden_by ?? []),
      ...bodies.flatMap(({ actor, users = [], sender }) =>
        [actor, sender, ...users].flatMap((ref) => ref ?? []),
      ),
    ],
    conversations: [
      record.conversation,
      ...(record.forwarded ? [record.forwarded.conversation] : []),
      ...bodies.flatMap(({ conversation }) => conversation ?? []),
    ],
    files: bodies.flatMap(({ file }) => file ?? []),
  };
}

/** A body, and the items inside of a merged one with their bodies. */
function partsOf(body: unknown): z.infer<typeof Naming>[] {
  const parsed = Naming.safeParse(body);
  if (!parsed.success) return [];
  const { items = [], body: inner } = parsed.data;
  return [parsed.data, ...items.flatMap(partsOf), ...(inner === undefined ? [] : partsOf(inner))];
}
