import { afterEach, expect, test, vi } from "vitest";
import { PartBuffer } from "../../../src/storage/files/part-buffer.ts";
import { timing } from "../../support/timing.ts";

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

async function filled(): Promise<PartBuffer> {
  const buffer = new PartBuffer(timing.partBuffer);
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
  using other = await filled();
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

test("a byte now and then does not keep the place", async () => {
  const buffers = await withOneMore(async (all) => {
    later(SILENT_MS - 1);
    for (const buffer of all) await buffer.add(BYTE);
    later(2);
  });
  for (const buffer of buffers) await lost(buffer);
});

test("an upload that progresses, however slowly, keeps its place", async () => {
  const [slow, ...others] = await withOneMore(async ([first]) => {
    later(SILENT_MS - 1);
    await first?.add(new Uint8Array(64 * 1024));
    later(2);
  });
  expect(slow?.take().byteLength).toBe(BIG.byteLength + 64 * 1024);
  slow?.[Symbol.dispose]();
  for (const buffer of others) await lost(buffer);
});

test("an upload that stalls while nobody waits goes on", async () => {
  using buffer = await filled();
  later(10 * SILENT_MS);
  await buffer.add(BYTE);
  expect(buffer.take().byteLength).toBe(BIG.byteLength + 1);
});
