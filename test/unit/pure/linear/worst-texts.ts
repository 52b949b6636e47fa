import { expect } from "vitest";
import { perRun, sampledCases } from "../../../support/sampled-cases.ts";

/** Reads what others have written. */
export type Reader = (text: string) => unknown;

/** A text of any length on which a reader may backtrack, look ahead in vain, or nest. */
export interface WorstText {
  readonly name: string;
  readonly of: (length: number) => string;
}

/** In UTF-16 units. What fails at one length is not tried at the next one: it would hold up the run. */
const SHORT = 8_000;
const LONGER = [100_000, 2 ** 20].slice(0, perRun(1, 2));
/** How many of the worst texts each reader is given in the shortest length. */
const SHORT_TEXTS = perRun(15, 50);

/**
 * A text takes at most so many times the CPU of prose of its length, beside it so many ms, and so many ms for
 * each thousand characters: some readers pass prose over at once, and a collection of garbage is no work of
 * theirs. A reader that looks at each pair of characters takes seconds for 100,000.
 */
const MOST = { times: 30, ms: 250, perThousand: 0.4 };
const TICK_MS = 4;
/** With `EVERY_CASE` a reader reads 1 GiB. */
export const PATIENCE_MS = 900_000;

const BLANKS = [" ", "\t", "\n", "\r\n", " \n", "\u00a0", "\u3000", "\u200b", "\u0000"];
/** Each mark of ASCII, and those that go together. */
const MARKS = [
  ..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~：。",
  ...String.raw`@@ ** __ ~~ || :: ![ [[ ]( []( (![ <!-- </ <// <@ <# <! \\ \_ \n \u {{ [{ ""`.split(" "),
  ...String.raw`\" "\ ;= @: |- =C =? %2 e+`.split(" "),
];
/** What begins with a mark, with something that it is about. */
const BEGUN = [
  ...'[a]( [a <a <a= <a: <t: <http://a &a &# &amp; @a #a :a a: :a: a. n. 0. a@ a@a. {"a":'.split(" "),
  ...'http:// http://a https://a.b/( www. www.a mailto: mailto:a@ data: from: in: a=" __a="'.split(" "),
  ..."http://a:99999/ http://a/) https://a/(( www.a_ www.a漢".split(" "),
  ..."__a _a _a_ ***a **a *a ~~a ||a `a ``a` ab 1 1a".split(" "),
  ...["<a ", "http://a ", "__# ", "# #", "__a\u0000", "a\n", "a\t", "a \n", "x  ", "a,b "],
  ...["``", "```", "```\n", "```a\n", "~~~\n", "> ", ">\n", "> > ", ">>> ", "1. x\n> "],
  ...["- ", "-\n", "1. ", "1.\n"],
  ...["|\n", "---\n", "===\n"],
];
const LETTERS = [
  ..."a A é e\u0301 \u0301 \u0301\u0323 \u0301\u0000 \u200d \ufe0f ﷺ \uff9f 漢 한 \u1100 ก 𝕒 \ud800 \udc00".split(
    " ",
  ),
  ..."👍 👍🏽 ❤\ufe0f 👩‍👩‍👧 🇩🇪 🇩 1\ufe0f\u20e3 ☝\u200d".split(" "),
];
/** What ends a text so that a match that has come so far fails. */
const ENDS = ["", "\u0000", "\n:", " x"];

/** Marks that hold each other: those of the first kind, then as many of the second one. */
const NESTS = [
  "[ ](a)",
  ...["( )", "{ }", "< >", "[ ]", "** __", "<a> </a>", '{"a": }', "` ``", "> \n", "\t x", "a @", ". :"],
];
/** What differs each time: lists of it are not to be searched for each. */
const SERIES = {
  "@a1 @a2 …": (i: number) => `@a${i} `,
  "http://a1 http://a2 …": (i: number) => `http://a${i} `,
  ":a1: :a2: …": (i: number) => `:a${i}: `,
  "<@1> <@2> …": (i: number) => `<@${i}> `,
  "#a1 #a2 …": (i: number) => `#a${i} `,
  "a1=1&a2=2&…": (i: number) => `a${i}=${i}&`,
  "` `` ``` …": (i: number) => `${"`".repeat(i)} `,
  "* ** *** …": (i: number) => `${"*".repeat(i)}a `,
  "> >> >>> …": (i: number) => `${">".repeat(i)} a\n`,
  "lists within lists": (i: number) => `${" ".repeat(i)}- a\n`,
};

/** The texts that every reader is given. */
const WORST_TEXTS: readonly WorstText[] = [
  ...[...new Set([...BLANKS, ...MARKS, ...BEGUN, ...LETTERS])].flatMap((fragment) =>
    ENDS.map((end) => again(fragment, end)),
  ),
  ...NESTS.map((pair) => pair.split(" ")).map(([open = "", close = ""]) => ({
    name: `${JSON.stringify(open)}, then as many ${JSON.stringify(close)}`,
    of: (length: number) => {
      const count = Math.floor(length / (open.length + close.length));
      return open.repeat(count) + close.repeat(count);
    },
  })),
  ...Object.entries(SERIES).map(([name, part]) => ({
    name,
    of: (length: number) => {
      let text = "";
      for (let i = 1; text.length < length; i++) text += part(i);
      return text.slice(0, length);
    },
  })),
];

/** A fragment again and again. @param end what stands behind it */
export function again(fragment: string, end = ""): WorstText {
  return {
    name: `${JSON.stringify(fragment)} again and again${end && `, then ${JSON.stringify(end)}`}`,
    of: (length) => repeated(fragment, length - end.length) + end,
  };
}

/** A chat as people write it. */
const PROSE = `The meeting begins at ten, and @ann brings the figures of *last month* :tada:
> How long is it?
We need an hour, https://parley.example/rooms/7 has the **agenda**. See you!
`;

/**
 * Expects of a reader that its CPU grows with the length of a text alone. It reads texts of 8,000 characters,
 * then `count` of 100,000, and in `npm run test:all` of 1 MiB. The commit determines which; `EVERY_CASE`
 * reads all.
 * @param read must not throw: where a text is refused, it catches that
 * @param always texts that it always reads
 */
export async function expectLinear(
  read: Reader,
  count: number,
  always: readonly WorstText[] = [],
): Promise<void> {
  await expectLinearAt(SHORT, read, [...always, ...sampledCases(WORST_TEXTS, count * SHORT_TEXTS)]);
  for (const length of LONGER)
    await expectLinearAt(length, read, [...always, ...sampledCases(WORST_TEXTS, count, length)]);
}

async function expectLinearAt(length: number, read: Reader, texts: readonly WorstText[]): Promise<void> {
  const control = await controlOf(read, repeated(PROSE, length));
  const most = control * MOST.times + MOST.ms + (length / 1_000) * MOST.perThousand;
  for (const { name, of } of texts) {
    const text = of(length);
    let cpu = await cpuOf(read, text);
    // A collection of garbage may have fallen into it. What takes many times as long is not measured again.
    for (let tries = 0; tries < 3 && cpu > most && cpu < most * 5; tries++)
      cpu = Math.min(cpu, await cpuOf(read, text));
    const what = `CPU in ms for ${length} characters: ${name} (prose: ${control.toFixed(2)})`;
    expect(cpu, what).toBeLessThanOrEqual(most);
  }
}

/** What prose takes, in ms. The kernel counts by the tick, of some ms: it is read until there are several. */
async function controlOf(read: Reader, prose: string): Promise<number> {
  // The first time code is compiled.
  await read(prose);
  let [cpu, times] = [0, 0];
  while (cpu < TICK_MS * 2 && times < 20) {
    cpu += await cpuOf(read, prose);
    times++;
  }
  return cpu / times;
}

/** In ms, of this thread alone: it does not count what other processes do meanwhile. */
async function cpuOf(read: Reader, text: string): Promise<number> {
  const before = process.threadCpuUsage();
  await read(text);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

/** A fragment as often as it fits. */
function repeated(fragment: string, length: number): string {
  return fragment.repeat(Math.floor(length / fragment.length));
}
