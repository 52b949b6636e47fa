import { expect, test } from "vitest";
import { Position } from "../../../../src/domain/ids.ts";
import type { SyncPosition } from "../../../../src/domain/sync/replay.ts";
import {
  type CursorEvent,
  type CursorState,
  cursorAfter,
  stateOf,
  TRANSITIONS,
} from "../../../../src/inbox/devices/cursor.ts";

const at = (seq: number, rev = 0): SyncPosition => ({ seq: Position.parse(seq), rev });

/** What each event makes of each state. `=`: nothing; `→`: the socket is sent the update. */
const TABLE = `
              | shared    | live      | pending   | replaying | focused   | held
update        | →         | →         | →         | =         | =         | =
crowdedUpdate | held      | held      | →         | =         | =         | =
unreadyUpdate | pending   | pending   | =         | =         | =         | =
updateInSync  | live      | =         | =         | =         | =         | =
lastUpdate    | →         | →         | →         | =         | =         | =
sent          | join      | join      | join      | =         | =         | =
syncBegins    | =         | =         | live      | =         | =         | =
page          | replaying | replaying | replaying | replaying | replaying | replaying
lastPage      | join      | join      | join      | join      | join      | join
notFound      | join      | join      | join      | join      | join      | join
focus         | focused   | focused   | focused   | focused   | focused   | focused
left          | =         | drop      | drop      | =         | shared    | shared`;

test("each event makes of each state what the table says", () => {
  const [states = [], ...rows] = TABLE.trim()
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const read = { "=": "stay", "→": "send" };
  const expected: Record<string, Record<string, string>> = {};
  for (const [i, state] of states.slice(1).entries()) {
    const step = (cell = "") => Reflect.get(read, cell) ?? cell;
    expected[state] = Object.fromEntries(rows.map(([event = "", ...cells]) => [event, step(cells[i])]));
  }
  expect(TRANSITIONS).toEqual(expected);
});

/** The cursor of a socket at 5 in this state, after an event; the others are at 7. */
function after(state: CursorState, event: CursorEvent, to?: SyncPosition) {
  const [own, shared] = [at(5), at(7)];
  return cursorAfter(state === "shared" ? undefined : { ...own, state }, event, shared, to);
}

test("a socket that leaves the shared position stays where the others were", () => {
  for (const event of ["crowdedUpdate", "unreadyUpdate", "updateInSync", "focus"] as const)
    expect(after("shared", event)).toMatchObject(at(7));
});

test("a socket with a position of its own keeps it, unless it is sent something", () => {
  for (const event of ["crowdedUpdate", "unreadyUpdate", "updateInSync", "focus", "syncBegins"] as const)
    expect(after("live", event)).toMatchObject(at(5));
  for (const event of ["sent", "page", "lastPage", "notFound"] as const)
    expect(after("live", event, at(6, 1))).toMatchObject(at(6, 1));
});

test("a socket that meets the others has no cursor, and one that is apart by a message or a change has", () => {
  for (const event of ["sent", "lastPage", "notFound"] as const) {
    expect(after("pending", event, at(7))).toBeUndefined();
    for (const apart of [at(6), at(8), at(7, 1)])
      expect(after("pending", event, apart)).toEqual({ ...apart, state: "live" });
  }
});

test("of a membership that has ended a socket keeps only what is from after the user's return", () => {
  for (const state of ["live", "pending"] as const) {
    expect(after(state, "left", at(5))).toBeUndefined();
    expect(stateOf(after(state, "left", at(4)))).toBe(state);
  }
  for (const state of ["focused", "held"] as const) expect(after(state, "left", at(4))).toBeUndefined();
  expect(after("replaying", "left", at(9))).toMatchObject({ ...at(5), state: "replaying" });
});
