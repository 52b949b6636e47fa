import type { Page } from "playwright-core";

/** What a user sees of a timeline. */
export interface Sight {
  /** how many rows are in the page */
  rows: number;
  /** the `seq` of the first and of the last row that is wholly on screen */
  first: number;
  last: number;
  /** how much there is below what is on screen, in px */
  below: number;
  /** the `seq` of the row below the divider; 0: there is none */
  unread: number;
}

/** What is on screen now. */
export function sight(page: Page): Promise<Sight> {
  return page.evaluate(() => {
    const seqOf = (row: Element | null | undefined) => Number(row?.getAttribute("data-seq") ?? 0);
    const box = document.querySelector(".scroller");
    if (!box) return { rows: 0, first: 0, last: 0, below: -1, unread: 0 };
    const { top, bottom } = box.getBoundingClientRect();
    const rows = [...document.querySelectorAll("li[data-seq]")];
    const seen = rows.filter((row) => {
      const at = row.getBoundingClientRect();
      // The page holds the first row that does not begin above, by less than a pixel either.
      return at.top >= top && at.bottom <= bottom + 1;
    });
    return {
      rows: rows.length,
      first: seqOf(seen[0]),
      last: seqOf(seen.at(-1)),
      below: Math.round(box.scrollHeight - box.scrollTop - box.clientHeight),
      unread: seqOf(document.querySelector(".unread-mark")?.nextElementSibling),
    };
  });
}

/** What a way through a timeline was like. */
export interface Journey {
  /** the most that a row on screen has moved otherwise than the scroll, in px */
  jump: number;
  /** the most rows that were in the page at once */
  rows: number;
  /** whether the rows were always in the order of `seq` */
  isOrdered: boolean;
  /** the times between two frames, in ms, in rising order */
  frames: number[];
}

/**
 * Scrolls to a message, frame by frame, and waits where more has to be loaded.
 * @param step in px; below 0: to older messages
 */
export function scrollTo(page: Page, seq: number, step: number): Promise<Journey> {
  return page.evaluate(
    async ({ seq, step }) => {
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const box = document.querySelector(".scroller");
      if (!box) throw new Error("there is no timeline");
      const journey = { jump: 0, rows: 0, isOrdered: true, frames: [] as number[] };
      let last = await frame();
      for (;;) {
        const { top, bottom } = box.getBoundingClientRect();
        const rows = [...document.querySelectorAll("li[data-seq]")];
        const seqs = rows.map((row) => Number(row.getAttribute("data-seq")));
        journey.rows = Math.max(journey.rows, rows.length);
        journey.isOrdered &&= seqs.every((one, i) => i === 0 || one > (seqs[i - 1] ?? 0));
        const row = rows.find((one) => one.getBoundingClientRect().top >= top);
        const goal = document.querySelector(`li[data-seq="${seq}"]`)?.getBoundingClientRect();
        if (goal && goal.top >= top - 1 && goal.bottom <= bottom + 1) break;
        const before = row?.getBoundingClientRect().top ?? 0;
        const from = box.scrollTop;
        box.scrollTop += step;
        const moved = box.scrollTop - from;
        const now = await frame();
        journey.frames.push(now - last);
        last = now;
        // After the frame's events and its layout.
        await new Promise((resolve) => setTimeout(resolve));
        if (row?.isConnected)
          journey.jump = Math.max(journey.jump, Math.abs(row.getBoundingClientRect().top - before + moved));
      }
      journey.frames.sort((a, b) => a - b);
      return journey;
    },
    { seq, step },
  );
}
