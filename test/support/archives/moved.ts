import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { type Caller, send } from "../clients/chat.ts";
import { eventually } from "../eventually.ts";
import { conversationObject } from "../objects/room.ts";

/** The positions of a conversation's move, and how many of its rows have their bodies in archives. */
export function moving(id: number) {
  return runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage: { sql } }) => {
    type Moving = { archived: number; cleared: number; target: number; moved: number; changes: number };
    return sql
      .exec<Moving>(
        `SELECT archived_seq AS archived, cleared_seq AS cleared, target_seq AS target,
          (SELECT count(*) FROM messages WHERE body IN ('', '://')) AS moved,
          (SELECT count(*) FROM archive_changes) AS changes FROM archiving`,
      )
      .one();
  });
}

/** A text of 24 KB. */
const LARGE = "永".repeat(8_000);

/** Has a conversation grow by a MiB, and waits until all but its newest messages have moved. */
export async function growAndMove(who: Caller, id: number): Promise<void> {
  for (let i = 0; i < 40; i++) await send(who, id, LARGE);
  await untilMoved(id);
}

/** Resolves once all is moved that is to move. */
export function untilMoved(id: number): Promise<void> {
  return eventually(async () => {
    const { target, cleared, changes } = await moving(id);
    expect(target).toBeGreaterThan(0);
    expect([cleared, changes]).toEqual([target, 0]);
  });
}

/** What an archive of a conversation has: seqs and bodies. */
export function archived(id: number, number = 1): Promise<{ seq: number; body: string }[]> {
  return runInDurableObject(env.ARCHIVE.getByName(`${id}-${number}`), (_, { storage: { sql } }) =>
    sql.exec<{ seq: number; body: string }>("SELECT seq, body FROM bodies ORDER BY seq").toArray(),
  );
}
