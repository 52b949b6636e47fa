import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { call } from "../clients/api.ts";
import { type Caller, send } from "../clients/chat.ts";
import { StrictSearch } from "../clients/shapes.ts";
import { eventually } from "../eventually.ts";
import { conversationObject } from "../objects/room.ts";
import { setArchiveMib } from "../settings.ts";
import { setTiming } from "../timing.ts";

/** For a test file: all but the two newest messages of a conversation move once it has grown by a MiB. */
export function setSmallArchives(): void {
  setArchiveMib(1);
  setTiming({
    archives: {
      keptMessages: 2,
      partMessages: 8,
      partsAtOnce: 1,
      clearedMessages: 4,
      pauseMs: 0,
      changesMs: 0,
    },
    storage: { lookMs: 0 },
  });
}

/** The positions of a conversation's move, and how many of its rows have their bodies in archives. */
export function moving(id: number) {
  return runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage: { sql } }) => {
    type Moving = {
      copied: number;
      archived: number;
      cleared: number;
      target: number;
      moved: number;
      changes: number;
    };
    return sql
      .exec<Moving>(
        `SELECT copied_seq AS copied, archived_seq AS archived, cleared_seq AS cleared, target_seq AS target,
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

/** All that a search of a user finds, over its pages: seqs, the newest first. */
export async function foundBy({ token }: Caller, id: number, text: string): Promise<number[]> {
  const seqs: number[] = [];
  for (let before = ""; ; ) {
    const path = `/v1/conversations/${id}/messages/search?q=${encodeURIComponent(text)}${before}`;
    const { status, body } = await call("GET", path, { token });
    expect(status, JSON.stringify(body)).toBe(200);
    const { items, next_before } = StrictSearch.parse(body);
    seqs.push(...items.map(({ seq }) => seq));
    if (next_before === null) return seqs;
    before = `&before=${next_before}`;
  }
}
