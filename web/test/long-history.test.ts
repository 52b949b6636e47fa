import { expect, test } from "vitest";
import { repetitions } from "../../test/support/sampled-cases.ts";
import { write } from "./support/history.ts";
import { Site } from "./support/site.ts";
import { scrollTo, sight } from "./support/timeline.ts";

const site = Site.forFile();
/** So many messages have been sent. A page that shows the end keeps the newest thousand of two. */
const COUNT = repetitions(2_000, 10_000);
/** Half of the frames take at most so long, in ms. A quiet machine needs 17. */
const FRAME = 100;

test(`${COUNT} messages are scrolled to the first and back, in few rows, without a jump`, async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await write(ben, id, COUNT);
  await ann.read(id, COUNT);
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await expect.poll(() => sight(page)).toMatchObject({ last: COUNT, below: 0 });
  for (const [seq, step] of [
    [1, -1_500],
    [COUNT, 1_500],
  ] as const) {
    const { frames, ...journey } = await scrollTo(page, seq, step);
    expect(journey).toMatchObject({ isOrdered: true });
    expect(journey.jump).toBeLessThan(2);
    expect(journey.rows).toBeLessThanOrEqual(300);
    expect(frames[Math.floor(frames.length / 2)]).toBeLessThan(FRAME);
    if (seq === 1) await page.getByText("This is the beginning of the conversation.").waitFor();
  }
  // At the end the page has forgotten what is far above.
  const asked = page.waitForRequest(/[?&]before=/);
  const { jump } = await scrollTo(page, COUNT - 1_050, -500);
  await asked;
  expect(jump).toBeLessThan(2);
});
