import { expect, test } from "vitest";
import type { Room } from "../../../../src/conversation/room.ts";
import { Position, Seq } from "../../../../src/domain/ids.ts";
import { comparisonForm } from "../../../../src/lib/text-forms.ts";
import { eventually } from "../../../support/eventually.ts";
import { eachStep } from "../../../support/faults/sampled-steps.ts";
import { watchSql } from "../../../support/objects/costs.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom, say } from "../../../support/objects/isolated-room.ts";
import { range } from "../../../support/objects/room.ts";
import { indexLeftovers, indexTokens, staleTexts, tokensOf } from "../../../support/objects/search.ts";
import { overrideTiming } from "../../../support/timing.ts";

/** A text of more tokens than one turn of the index takes. */
function longText(salt: number): string {
  const points = range(1, 2_000).map((i) => 0x4e00 + ((i * i * 31 + i * salt * 7 + salt) % 9_000));
  return String.fromCodePoint(...points);
}

const [LONG, SHORT] = [3, 7];
const READER = { user_id: BOB, visible_from: Position.parse(0) };
/** What a turn of the index writes, and no edit or revoke. */
const WRITES = /^\s*(INSERT INTO bigrams|UPDATE indexing|UPDATE stale_texts|DELETE FROM stale_texts)/;

async function edit(room: Room, seq: number, baseVersion: number, text: string): Promise<void> {
  const outcome = await room.editing.edit(ANN, Seq.parse(seq), {
    body: JSON.stringify({ text }),
    baseVersion,
  });
  expect(outcome.type).toBe("edited");
}

function found(room: Room, text: string): number[] {
  return room.search.find({ text, limit: 5 }, READER).rows.map(({ seq }) => seq);
}

test("a crash in any turn of the index leaves nothing of former texts, and all present ones are found", () => {
  overrideTiming({ indexing: { idleMs: 1 } });
  return eachStep("turns of the index", 10, async (step) => {
    const fault = { isHit: false, steps: 0 };
    await inIsolatedObject("group", async (storage) => {
      const room = isolatedRoom(storage);
      for (const seq of range(1, 230)) say(room, 1, seq === LONG ? longText(1) : `No ${seq} 海象`);
      watchSql(storage.sql, (query) => {
        if (!WRITES.test(query) || ++fault.steps !== step) return;
        fault.isHit = true;
        // It ends the turns of this room for good.
        throw new Error("lost on purpose");
      });
      const untilOver = (isOver: () => boolean) =>
        eventually(() => expect(fault.isHit || isOver()).toBe(true));
      const isIdle = () => storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'index'").toArray().length === 0;
      room.search.indexing.resume();
      await untilOver(() => room.search.indexing.indexedSeq >= LONG);
      await edit(room, LONG, 1, longText(2));
      await untilOver(() => staleTexts(storage).includes(longText(2)));
      await edit(room, LONG, 2, longText(3));
      await edit(room, SHORT, 1, "秘密 🦭");
      await room.redaction.revoke(ANN, Seq.parse(SHORT));
      await untilOver(isIdle);

      const next = isolatedRoom(storage);
      const expectFound = () => {
        for (const text of [longText(1), longText(2), "秘密"])
          expect(found(next, text.slice(-50))).toEqual([]);
        expect(found(next, longText(3).slice(-50))).toEqual([LONG]);
        expect(found(next, "海象").length).toBe(5);
      };
      expectFound();
      next.search.indexing.resume();
      await eventually(() => expect(isIdle()).toBe(true));
      expectFound();
      expect(staleTexts(storage)).toEqual([]);
      expect(indexLeftovers(storage)).toEqual([]);
      const present = range(1, next.search.indexing.indexedSeq).map((seq) =>
        seq === LONG ? longText(3) : seq === SHORT ? "" : `No ${seq} 海象`,
      );
      const wanted = present.flatMap((text) => tokensOf(comparisonForm(text)));
      expect(indexTokens(storage)).toEqual([...new Set(wanted)].sort());
    });
    return fault;
  });
});
