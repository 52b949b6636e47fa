import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Site } from "../test/support/site.ts";
import { composer, openTalk, stored } from "../test/support/talk.ts";
import { sight } from "../test/support/timeline.ts";
import { keyTimes, noteKeys, row } from "./keys.ts";

// A group of more than three is a crowd, and a relay holds each socket but the first.
const site = Site.alone({ CROWD_MEMBERS: "3", LIVE_MEMBERS: "1", RATE_LIMITS: "off" });
const SECONDS = 20;
/** The keys a second of a fast typist. */
const KEYS = 8;

declare global {
  interface Window {
    /** when the page has drawn a frame, in ms since the navigation */
    frameTimes?: number[];
  }
}

/** Notes in a page when it draws. */
function noteFrames(): void {
  const times: number[] = [];
  window.frameTimes = times;
  const note = (at: number) => {
    times.push(at);
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}

test.for([0, 10])("keys and frames in a crowd with %i messages a second", async (rate) => {
  const people = await Promise.all(["ann", "ben", "cem", "dee"].map((name) => site.person(name)));
  const [ann, ben, ...others] = people;
  if (!ann || !ben) throw new Error("there are four");
  const { id } = await ben.openGroup("Fair", [ann, ...others]);
  const { seq } = await ben.send(id, "The gates are open");
  const page = await site.open({ person: ann });
  await openTalk(page, "Fair");
  await stored(page, "The gates are open").waitFor();
  await page.evaluate(noteKeys);
  await page.evaluate(noteFrames);
  await composer(page).focus();
  const start = performance.now();
  const at = (perSecond: number, count: number) =>
    sleep(Math.max(0, start + (count * 1_000) / perSecond - performance.now()));
  const posts = async () => {
    const sent = [];
    for (let i = 0; i < rate * SECONDS; i++) {
      await at(rate, i);
      sent.push(ben.send(id, `Message ${i} of somebody in a crowd`));
    }
    await Promise.all(sent);
  };
  const keys = async () => {
    for (let i = 0; i < KEYS * SECONDS; i++) {
      await at(KEYS, i);
      await page.keyboard.press("a");
    }
  };
  await Promise.all([posts(), keys()]);
  await expect.poll(() => keyTimes(page).then(({ length }) => length)).toBe(KEYS * SECONDS);
  const frames = await page.evaluate(() => window.frameTimes ?? []);
  await expect.poll(() => sight(page)).toMatchObject({ last: seq + rate * SECONDS, below: 0 });
  const pauses = frames.slice(1).map((time, i) => time - (frames[i] ?? time));
  writeSync(1, `\n| ${rate} messages a second | median | range |\n| --- | --- | --- |\n`);
  writeSync(1, row("key to frame", await keyTimes(page)));
  writeSync(1, row("from one frame to the next", pauses));
  writeSync(1, `| frames a second | ${Math.round(frames.length / SECONDS)} | |\n`);
});
