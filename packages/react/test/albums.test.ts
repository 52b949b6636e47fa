import { expect, it } from "vitest";
import { albumsOf } from "../src/timeline/albums.ts";

const picture = (sender: number, seconds: number, { isFirst = false, isLast = false } = {}) => ({
  ...{ sender, at: seconds * 1_000, isFirst, isLast },
});

it.each([
  ["pictures that follow each other", [picture(1, 0), picture(1, 20), picture(1, 70)], [3]],
  ["a minute between two", [picture(1, 0), picture(1, 60)], [1, 1]],
  ["two senders", [picture(1, 0), picture(2, 1), picture(2, 2)], [1, 2]],
  ["a caption, which ends an album", [picture(1, 0), picture(1, 1, { isLast: true }), picture(1, 2)], [2, 1]],
  ["the first unread one", [picture(1, 0), picture(1, 1, { isFirst: true }), picture(1, 2)], [1, 2]],
  ["a text between", [picture(1, 0), undefined, picture(1, 1)], [1, 1, 1]],
  ["nothing", [], []],
])("puts albums together: %s", (_, items, sizes) => {
  expect(albumsOf(items, (item) => item).map(({ length }) => length)).toEqual(sizes);
});
