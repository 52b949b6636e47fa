import { expect, test } from "vitest";
import { OwnChanges } from "../../../src/conversation/changes/own-changes.ts";
import { Seq, UserId } from "../../../src/domain/ids.ts";

const [ANN, BOB] = [UserId.parse(1), UserId.parse(2)];
const [ONE, TWO] = [Seq.parse(1), Seq.parse(2)];

test("a change is its user's alone, and of its message alone", () => {
  const changes = new OwnChanges(0);
  changes.note(ANN, ONE, 5);
  expect(changes.mayHaveChanged(ANN, ONE, 4)).toBe(true);
  expect(changes.mayHaveChanged(ANN, ONE, 5)).toBe(false);
  expect(changes.mayHaveChanged(BOB, ONE, 4)).toBe(false);
  expect(changes.mayHaveChanged(ANN, TWO, 4)).toBe(false);
});

test("what was before its memory may have been anybody's", () => {
  const changes = new OwnChanges(7);
  expect(changes.mayHaveChanged(BOB, ONE, 6)).toBe(true);
  expect(changes.mayHaveChanged(BOB, ONE, 7)).toBe(false);
});

test("beyond its size it forgets the oldest change, and what was before", () => {
  const changes = new OwnChanges(0, 2);
  changes.note(ANN, ONE, 1);
  changes.note(ANN, TWO, 2);
  changes.note(ANN, ONE, 3);
  expect(changes.mayHaveChanged(BOB, TWO, 1)).toBe(false);
  changes.note(BOB, ONE, 4);
  expect(changes.mayHaveChanged(BOB, TWO, 1)).toBe(true);
  expect(changes.mayHaveChanged(BOB, TWO, 2)).toBe(false);
  expect(changes.mayHaveChanged(ANN, ONE, 2)).toBe(true);
});
