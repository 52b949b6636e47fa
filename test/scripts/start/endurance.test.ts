import { once } from "node:events";
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { Chat } from "parley-client";
import { expect, onTestFinished, test } from "vitest";
import { runtimesOf } from "../../../scripts/start/folder.ts";
import type { Person } from "../../../scripts/support/person.ts";
import { freePort } from "../../../scripts/support/ports.ts";
import { mountDisk } from "./support/disk.ts";
import { Sender } from "./support/load.ts";
import { emptyFolder, killGroup, register, started } from "./support/processes.ts";

/** How long the load lasts. A release is tried with `MINUTES=60`. */
const MINUTES = Number(process.env.MINUTES ?? 0.3);
const IS_LONG = MINUTES >= 10;
/** How often something is killed, and how often the disk is full. */
const [KILLS, FULL] = IS_LONG ? [10, 2] : [3, 1];
const SENDERS = IS_LONG ? 12 : 6;
/** The disk of the server, in bytes. */
const DISK = (IS_LONG ? 8 : 0.5) * 2 ** 30;

/** Somebody who looks at everything by a device, and what they were told. */
function reader(origin: string, { token }: Person) {
  const heard = new Map<number, number[]>();
  const chat = new Chat({ url: origin, token, keeps: () => 0 });
  chat.onMessage(({ conversation_id: id, seq }) => heard.set(id, [...(heard.get(id) ?? []), seq]));
  onTestFinished(() => chat.stop());
  return { chat, heard };
}

test("kills and a full disk lose nothing that was acknowledged, and nobody has to repair anything", {
  timeout: (MINUTES + 10) * 60_000,
}, async ({ annotate }) => {
  const disk = mountDisk(DISK);
  if (typeof disk === "string") await annotate(`The disk is never full: ${disk}`);
  const data = join(typeof disk === "string" ? emptyFolder() : disk.folder, "data");
  const port = String(await freePort());
  mkdirSync(data);
  writeFileSync(join(data, "settings.env"), "RATE_LIMITS=off\nREGISTRATION=open\nREQUEST_LOG=failures\n");
  const run = () => started(data, "--port", port);
  let server = await run();
  const { origin } = server;
  const owner = await register(origin, "owner");
  const people = [owner];
  for (let i = 1; i < SENDERS; i++) people.push(await register(origin, `sender_${i}`));
  const quiet = await register(origin, "quiet");
  const { id: group } = await owner.openGroup("everybody", [...people.slice(1), quiet]);
  const talks = await Promise.all(people.map(async (one) => (await one.openDirect(quiet)).id));
  const watched = reader(origin, quiet);
  await watched.chat.start();
  const senders = people.map((one, i) => new Sender(origin, one, [group, talks[i] ?? group]));

  const events = [
    ...Array.from({ length: KILLS }, (_, i) => (["both", "server", "runtime"] as const)[i % 3] ?? "both"),
    ...(typeof disk === "string" ? [] : Array.from({ length: FULL }, () => "full" as const)),
  ];
  // The disk is full between kills, not behind them all.
  if (events.includes("full")) events.push(...events.splice(2, 1));
  const seen: string[] = [];
  for (const event of events) {
    await pause((MINUTES * 60_000) / (events.length + 1));
    if (event === "full" && typeof disk !== "string") {
      const refused = () => senders.reduce((sum, one) => sum + one.refused, 0);
      const before = refused();
      const free = disk.fill();
      // What is written goes into space that files have, first.
      await expect.poll(refused, { timeout: 600_000 }).toBeGreaterThan(before);
      const { output } = server;
      await expect.poll(output, { timeout: 60_000 }).toContain('"space":"none"');
      free();
    } else if (event === "runtime") {
      const [runtime = 0] = runtimesOf(data);
      process.kill(runtime, "SIGKILL");
    } else {
      if (event === "both") killGroup(server.child);
      else server.child.kill("SIGKILL");
      await once(server.child, "exit");
      server = await run();
    }
    const begin = performance.now();
    // Everybody's next message is acknowledged, without anybody's help.
    const counts = senders.map(({ acknowledged }) => acknowledged.length);
    for (const [i, { acknowledged }] of senders.entries())
      await expect
        .poll(() => acknowledged.length, { timeout: 120_000 })
        .toBeGreaterThan((counts[i] ?? 0) + 1);
    seen.push(`${event}: all send again after ${Math.round(performance.now() - begin)} ms`);
  }
  await Promise.all(senders.map((one) => one.end()));

  const acknowledged = senders.flatMap((one) => one.acknowledged);
  seen.push(`${acknowledged.length} messages acknowledged; refused, by status: ${refusalsOf(senders)}`);
  console.log(seen.join("\n"));
  for (const id of [group, ...talks]) {
    const stored = await quiet.history(id);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1));
    const own = acknowledged.filter(({ conversation }) => conversation === id);
    const texts = new Map(stored.flatMap(({ seq, body }) => (body.text ? [[seq, body.text]] : [])));
    expect(new Map(own.map(({ seq, text }) => [seq, text] as const).sort(([a], [b]) => a - b))).toEqual(
      texts,
    );
    await expect
      .poll(async () => (await quiet.conversation(id)).unread_count, { timeout: 120_000 })
      .toBe(own.length);
    await expect.poll(() => watched.heard.get(id)?.length, { timeout: 120_000 }).toBe(stored.length);
    expect(watched.heard.get(id)).toEqual(stored.map(({ seq }) => seq));
  }

  server.child.kill("SIGTERM");
  expect(await once(server.child, "exit")).toEqual([0, null]);
  for (const file of globSync(join(data, "v3/**/*.sqlite"))) {
    using database = new DatabaseSync(file, { readOnly: true });
    expect([file, database.prepare("PRAGMA integrity_check").get()]).toEqual([
      file,
      { integrity_check: "ok" },
    ]);
  }
});

function refusalsOf(senders: readonly Sender[]): string {
  const all = new Map<number, number>();
  for (const { refusals } of senders)
    for (const [status, count] of refusals) all.set(status, (all.get(status) ?? 0) + count);
  return JSON.stringify(Object.fromEntries(all));
}
