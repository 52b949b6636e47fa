import { afterEach, expect, test, vi } from "vitest";
import { UserId } from "../../../src/domain/ids.ts";
import { PartBuffer } from "../../../src/storage/files/part-buffer.ts";
import { overrideTiming, timing } from "../../support/timing.ts";

/** The number of large buffers in an isolate, and the time after which a stalled upload loses its place. */
const PLACES = 10;
const SILENT_MS = 30_000;

const BIG = new Uint8Array(512 * 1024);
const BYTE = new Uint8Array(1);

afterEach(() => {
  vi.restoreAllMocks();
});

/** Advances the clock. */
function later(ms: number): void {
  const now = Date.now() + ms;
  vi.spyOn(Date, "now").mockImplementation(() => now);
}

/** A buffer of 512 KiB. Two users in a row have the same id: a user has two places at most. */
async function filled(_: unknown = undefined, i = 0): Promise<PartBuffer> {
  const buffer = new PartBuffer(UserId.parse(1 + Math.floor(i / 2)), timing.partBuffer);
  await buffer.add(BIG);
  return buffer;
}

/**
 * Takes all the places, runs `meanwhile`, and adds one more upload that waits.
 * @returns the holders of the places
 */
async function withOneMore(meanwhile: (buffers: PartBuffer[]) => Promise<void>): Promise<PartBuffer[]> {
  const buffers = await Promise.all(Array.from({ length: PLACES }, filled));
  await meanwhile(buffers);
  using other = await filled(undefined, 2 * PLACES);
  expect(other.take().byteLength).toBe(BIG.byteLength);
  return buffers;
}

async function lost(buffer: PartBuffer): Promise<void> {
  const busy = { code: "unavailable", data: { retryAfter: 5 } };
  await expect(buffer.add(BYTE)).rejects.toMatchObject(busy);
  expect(() => buffer.take()).toThrow(expect.objectContaining(busy));
}

test("an upload that stalls while others wait loses its buffer, not only its place in the count", async () => {
  const buffers = await withOneMore(async () => later(SILENT_MS + 1));
  for (const buffer of buffers) await lost(buffer);
});

test("an upload that takes bytes, however few, keeps its place", async () => {
  const [slow, ...others] = await withOneMore(async ([first]) => {
    later(SILENT_MS - 1);
    await first?.add(BYTE);
    later(2);
  });
  expect(slow?.take().byteLength).toBe(BIG.byteLength + 1);
  slow?.[Symbol.dispose]();
  for (const buffer of others) await lost(buffer);
});

test("an upload that stalls while nobody waits goes on", async () => {
  using buffer = await filled();
  later(10 * SILENT_MS);
  await buffer.add(BYTE);
  expect(buffer.take().byteLength).toBe(BIG.byteLength + 1);
});

test("a third upload of a user waits, and uploads of others do not wait for it", async () => {
  overrideTiming({ partBuffer: { waitMs: 0 } });
  const [first, second] = await Promise.all([filled(), filled()]);
  let hasThird = false;
  const third = filled().then((buffer) => {
    hasThird = true;
    return buffer;
  });
  for (let i = 2; i < PLACES; i++) (await filled(undefined, 10 * i))[Symbol.dispose]();
  expect(hasThird).toBe(false);
  first[Symbol.dispose]();
  const buffers = [second, await third];
  for (const buffer of buffers) buffer[Symbol.dispose]();
});

test("a third upload of a user takes the place of one that stands still", async () => {
  const [first, second] = await Promise.all([filled(), filled()]);
  later(SILENT_MS - 1);
  await second.add(BYTE);
  later(2);
  using third = await filled();
  expect(third.take().byteLength).toBe(BIG.byteLength);
  await lost(first);
  second[Symbol.dispose]();
});

test("the wait for a place ends", async () => {
  overrideTiming({ partBuffer: { waitMs: 10, turnMs: 10 } });
  const buffers = await Promise.all(Array.from({ length: PLACES }, filled));
  await expect(filled()).rejects.toMatchObject({ code: "rate_limited", data: { retryAfter: 5 } });
  await expect(filled(undefined, 2 * PLACES)).rejects.toMatchObject({ code: "unavailable" });
  for (const buffer of buffers) buffer[Symbol.dispose]();
});
