import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { CoreError } from "../../../../src/domain/errors.ts";
import { ConversationId, Seq } from "../../../../src/domain/ids.ts";
import { DraftContent, DraftId } from "../../../../src/domain/messages/draft.ts";
import { STORED_DRAFTS_TABLE, StoredDrafts } from "../../../../src/inbox/stored-drafts.ts";
import { timing } from "../../../support/timing.ts";

const MAX_DRAFT_BYTES = 32 * 1024 ** 2;
const quotas = { limitOf: () => MAX_DRAFT_BYTES };

const newId = () => DraftId.parse(`draft-${crypto.randomUUID()}`);

function contentOf(bytes: number): DraftContent {
  return DraftContent.parse({
    ...{ to: { type: "direct", username: "bob" }, mentions: [] },
    said: { kind: "text", body: JSON.stringify({ text: "x".repeat(bytes) }) },
  });
}

/** Runs `work` on the drafts of a new inbox. */
function withDrafts<T>(work: (drafts: () => StoredDrafts) => T): Promise<T> {
  const inbox = env.INBOX.getByName(`drafts ${crypto.randomUUID()}`);
  return runInDurableObject(inbox, (_, { storage }) => {
    storage.sql.exec(STORED_DRAFTS_TABLE);
    return work(() => new StoredDrafts(storage.sql, { schedule: () => undefined }, timing.drafts, quotas));
  });
}

/** Stores drafts until one is refused. @returns the ids of the stored ones */
function fill(drafts: StoredDrafts, bytes: number): DraftId[] {
  const stored: DraftId[] = [];
  for (;;) {
    const id = newId();
    try {
      drafts.keep({ id, createdAt: Date.now(), content: contentOf(bytes) });
    } catch (error) {
      expect(error).toMatchObject({ code: "quota", data: { retryAfter: expect.any(Number) } });
      return stored;
    }
    stored.push(id);
    if (stored.length > 2_000) throw new Error("there is no bound");
  }
}

const place = { conversationId: ConversationId.parse(1), seq: Seq.parse(1) };

describe("the drafts of a user", () => {
  test("have a bound in bytes: more are refused, and no draft is lost", () =>
    withDrafts((open) => {
      const drafts = open();
      const stored = fill(drafts, 60_000);
      expect(stored.length * 60_000).toBeGreaterThan(MAX_DRAFT_BYTES * 0.98);
      expect(stored.length * 60_000).toBeLessThan(MAX_DRAFT_BYTES);
      // A new instance, as after a hibernation, knows the bound too.
      expect(fill(open(), 60_000)).toEqual([]);
      for (const id of stored) expect(open().get(id)).toMatchObject({ content: { mentions: [] } });
      const [first] = stored;
      if (!first) throw new Error("there is a draft");
      drafts.sent(first, place);
      expect(drafts.get(first)).toEqual({ sent: place });
      expect(fill(drafts, 50_000)).toHaveLength(1);
    }));

  test("that were sent make room for new ones, the oldest first", () =>
    withDrafts((open) => {
      const drafts = open();
      const [sent] = fill(drafts, 60_000);
      if (!sent) throw new Error("there is a draft");
      drafts.sent(sent, place);
      fill(drafts, 30_000);
      fill(drafts, 1);
      expect(() => drafts.get(sent)).toThrow(CoreError);
    }));

  test("are repeated without effect, and changed within the bound", () =>
    withDrafts((open) => {
      const drafts = open();
      const id = newId();
      for (let i = 0; i < 3; i++) drafts.keep({ id, createdAt: Date.now(), content: contentOf(10) });
      expect(drafts.change(id, contentOf(20))).toMatchObject({ content: contentOf(20) });
      expect(drafts.get(id)).toMatchObject({ content: contentOf(20) });
      fill(drafts, 60_000);
      fill(drafts, 1_000);
      expect(() => drafts.change(id, contentOf(60_000))).toThrow(CoreError);
      expect(drafts.get(id)).toMatchObject({ content: contentOf(20) });
      drafts.sent(id, place);
      expect(drafts.change(id, contentOf(20))).toEqual({ sent: place });
      expect(() => drafts.change(newId(), contentOf(20))).toThrow(CoreError);
    }));
});
