import { afterEach, expect, test, vi } from "vitest";
import { PartBuffer } from "../../../src/storage/files/part-buffer.ts";
import { timing } from "../../support/timing.ts";

/** How many big buffers an isolate has, and after which time one that stands still loses its place. */
const PLACES = 10;
const SILENT_MS = 30_000;

const BIG = new Uint8Array(512 * 1024);
const BYTE = new Uint8Array(1);

afterEach(() => {
  vi.restoreAllMocks();
});

/** Lets the clock run on. */
function later(ms: number): void {
  const now = Date.now() + ms;
  vi.spyOn(Date, "now").mockImplementation(() => now);
}

async function filled(): Promise<PartBuffer> {
  const buffer = new PartBuffer(timing.partBuffer);
  await buffer.add(BIG);
  return buffer;
}

/** Takes all the places, lets `meanwhile` happen, and then one who waits come. @returns those who had them */
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

test("who stands still while others wait loses what he had, not only its place in the count", async () => {
  const buffers = await withOneMore(async () => later(SILENT_MS + 1));
  for (const buffer of buffers) await lost(buffer);
});

test("a byte now and then keeps no place", async () => {
  const buffers = await withOneMore(async (all) => {
    later(SILENT_MS - 1);
    for (const buffer of all) await buffer.add(BYTE);
    later(2);
  });
  for (const buffer of buffers) await lost(buffer);
});

test("who moves on, however slowly, keeps his", async () => {
  const [slow, ...others] = await withOneMore(async ([first]) => {
    later(SILENT_MS - 1);
    await first?.add(new Uint8Array(64 * 1024));
    later(2);
  });
  expect(slow?.take().byteLength).toBe(BIG.byteLength + 64 * 1024);
  slow?.[Symbol.dispose]();
  for (const buffer of others) await lost(buffer);
});

test("who stands still where nobody waits goes on", async () => {
  using buffer = await filled();
  later(10 * SILENT_MS);
  await buffer.add(BYTE);
  expect(buffer.take().byteLength).toBe(BIG.byteLength + 1);
});
