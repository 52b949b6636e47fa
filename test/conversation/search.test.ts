import { expect, test } from "vitest";
import { Position, type Seq } from "../../src/core/ids.ts";
import { ANN, inLoneObject, loneRoom } from "../support/lone-room.ts";

test("a long query looks at fewer messages a call, and comes to the end by its cursor", () =>
  inLoneObject("group", async (storage) => {
    const text = "is it there yet? ".repeat(6).slice(0, 100);
    const insert =
      "INSERT INTO messages (seq, n, sender_id, kind, body, created_at) VALUES (?1, ?1, 1, ?2, ?3, 1)";
    for (let seq = 1; seq <= 3_000; seq++) {
      const [kind, field] = seq === 500 ? ["file", "name"] : ["text", "text"];
      storage.sql.exec(insert, seq, kind, JSON.stringify({ [field]: text }));
    }
    const { search } = loneRoom(storage);
    while (search.indexing.indexedSeq < 3_000) search.indexing.index(200);
    const reader = { user_id: ANN, visible_from: Position.parse(0) };
    const find = (before?: Seq) =>
      search.find(
        { text, kind: "file", limit: 10, ...(before && { before: Position.parse(before) }) },
        reader,
      );

    const first = find();
    expect(first).toEqual({ rows: [], nextBefore: 1_001 });
    const { rows, nextBefore } = find(first.nextBefore ?? undefined);
    expect(rows.map(({ seq }) => seq)).toEqual([500]);
    expect(nextBefore).toBeNull();
  }));
