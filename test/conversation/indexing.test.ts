import { expect, test } from "vitest";
import { inLoneObject, loneRoom } from "../support/lone-room.ts";

test("a turn ends early where messages are long to read, and the next goes on there", () =>
  inLoneObject("group", async (storage) => {
    const insert =
      "INSERT INTO messages (seq, n, sender_id, kind, body, created_at) VALUES (?1, ?1, 1, 'merged', ?2, 1)";
    for (let seq = 1; seq <= 20; seq++) {
      storage.sql.exec(insert, seq, JSON.stringify({ title: `No ${seq}`, items: ["x".repeat(100 * 1024)] }));
    }
    const { indexing } = loneRoom(storage).search;
    const ends = [];
    while (indexing.indexedSeq < 20) {
      indexing.index(200);
      ends.push(indexing.indexedSeq);
    }
    expect(ends).toEqual([6, 12, 18, 20]);
  }));
