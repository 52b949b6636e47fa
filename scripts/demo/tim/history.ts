import { assertSame } from "../../support/assert-same.ts";
import type { TimMessage, TimPerson } from "../../support/tim-person.ts";
import { chapter, note } from "../print.ts";

const MESSAGES = 100;
const PAGE = 15;

/** A hundred messages, then back through them page by page. */
export async function longHistory(ann: TimPerson, bob: TimPerson): Promise<void> {
  chapter(`${MESSAGES} messages, and back through them by ${PAGE}`);
  const to = { to: ann.userID, conversationType: "C2C" } as const;
  const sent: string[] = [];
  for (let n = 1; n <= MESSAGES; n++) sent.push((await bob.sendMessage(to, { text: `${n}` })).ID);
  const seen: TimMessage[] = [];
  const sizes: number[] = [];
  for (let next = ""; ; ) {
    const page = await ann.page(`C2C${bob.userID}`, next);
    seen.unshift(...page.data.map(({ message }) => message));
    sizes.push(page.data.length);
    if (page.isCompleted) {
      assertSame("what comes behind the last page", page.nextReqMessageID, "");
      break;
    }
    next = page.nextReqMessageID;
  }
  assertSame(
    "the newest hundred",
    seen.slice(-MESSAGES).map(({ ID }) => ID),
    sent,
  );
  assertSame(
    "whether a page is full but for the last",
    sizes.slice(0, -1).every((size) => size === PAGE),
    true,
  );
  assertSame(
    "the order",
    seen.map(({ sequence }) => sequence),
    seen.map((_, at) => at + 1),
  );
  note(`${seen.length} messages on ${sizes.length} pages, each once and in order`);
}
