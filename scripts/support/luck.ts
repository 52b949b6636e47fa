import { parseSync, Visitor } from "oxc-parser";

/** A line whose outcome depends on which of two things is quicker. */
export interface Luck {
  line: number;
  what: string;
}

/** What looks for a kind of luck in some files. */
interface Rule {
  /** whether it is about a file, by its path */
  concerns: (path: string) => boolean;
  /** what is wrong with a call; undefined: nothing */
  ofCall?: (callee: string, text: string) => string | undefined;
  /** what is wrong with a loop, by what it repeats; undefined: nothing */
  ofLoop?: (body: string) => string | undefined;
  /** what is wrong with an attribute of JSX; undefined: nothing */
  ofAttribute?: (name: string, text: string) => string | undefined;
}

const isProduct = (path: string) => /^(web|packages\/react)\/src\//.test(path);
const isTest = (path: string) => /^(test|(web|packages\/\w+)\/test)\//.test(path);
const isSupport = (path: string) => /^(test|(web|packages\/\w+)\/test)\/support\//.test(path);

/** A clock, read in a test that sets it or in one that only a clock which goes back would fail. */
const READ_CLOCK = /\b(Date|performance)\.now\(\)/;
const BOUND = /\.toBe(Less|Greater)Than(OrEqual)?$/;

/** The helper itself, and a process that lives as long as another. */
const WAITERS = ["test/support/event-loop.ts", "test/scripts/fake-wrangler.ts"];
/** Files whose bounds of time a slow machine keeps too. The list may only become shorter. */
const SOUND_BOUNDS = [
  // Their clock is a fake one.
  "test/unit/objects/fanout.test.ts",
  "test/unit/objects/assumed-updates.test.ts",
  "test/unit/objects/timing-handed-in.test.ts",
  // At least a time: a slow machine takes longer.
  "test/features/notifications/delivered-once.test.ts",
  "test/scripts/import/sending.test.ts",
  "test/faults/crashes/presence.test.ts",
  // An expiry that is at most so late, which a slow machine sees nearer.
  "test/surfaces/usersig/usersig.test.ts",
  // A minute.
  "test/surfaces/tim/groups.test.ts",
  "test/properties/devices/room.ts",
  // Still seconds by the machine's clock, where milliseconds are expected.
  "test/surfaces/formpost/formpost.test.ts",
  // The next timer of the client that would do it is three times as long.
  "packages/client/test/tabs/takeover.test.ts",
];

/** Gives something the focus; a window of messages is told that the user looks at it by the same name. */
const FOCUS = /(?<!\bwindow\??)\.focus\(/;
/** A key, or what a key does. */
const KEY = /["'](key(down|up|press)|paste|popstate)["']/;

/** A time, in ms, within which somebody answers who does answer, on a machine that is busy. */
const ANSWER_MS = 2_000;
const PATIENCE_FOR_ANSWERS = /\b\w*(?:[tT]imeout|answer|fetch)Ms: ?([\d_]+)/g;
/** Files with a shorter patience. The list may only become shorter. */
const IMPATIENT = [
  // Nobody answers under it, or a retry mends it.
  "test/features/issuers/key-sets.test.ts",
  "test/features/notifications/delivered-once.test.ts",
  "test/properties/hooks.test.ts",
  "test/unit/objects/inbox/inbox-repair.test.ts",
];

/** What Playwright reads of a page as it is now, in what `expect` is given. */
const READ_PAGE =
  /\bawait\b.*\.(count|innerText|allInnerTexts|textContent|allTextContents|inputValue|is(Visible|Hidden|Disabled|Enabled|Checked)|getAttribute|evaluate(All)?|boundingBox)\(/s;

/** A key, or the focus, for the row of a message. */
const ROW_FOCUS = /^stored\([^()]*\)(?:\.(?:first|last)\(\))?\.(?:focus|press)$/;

const RULES: readonly Rule[] = [
  {
    // Preact runs an effect a frame after the render, and React when it has time. A key that is pressed
    // before is another element's, and the focus that comes late is taken from where the user is.
    concerns: isProduct,
    ofCall: (callee, text) => {
      if (callee === "useEffect" && (FOCUS.test(text) || KEY.test(text)))
        return "useEffect takes the focus or a key after the render: useLayoutEffect";
      if (
        /^(window\.)?(requestAnimationFrame|requestIdleCallback|setTimeout)$/.test(callee) &&
        FOCUS.test(text)
      )
        return `${callee} takes the focus after the render: useLayoutEffect`;
      return undefined;
    },
    ofAttribute: (name, text) =>
      name === "onToggle" && FOCUS.test(text)
        ? "onToggle moves the focus when the next key may be there: onBeforeToggle, or useLayoutEffect"
        : undefined,
  },
  {
    // Each way to wait has its own time, 1 s if none is given, and says less when it ends.
    concerns: (path) => isTest(path) && !isSupport(path),
    ofCall: (callee) =>
      /^vi\.wait(For|Until)$/.test(callee)
        ? `${callee} waits in its own way: eventually, until or expect.poll`
        : undefined,
  },
  {
    // A page shows what has happened a frame, an answer or a piece of code later.
    concerns: (path) => /^(web|test\/tim-uikit)\//.test(path) && isTest(path) && !isSupport(path),
    ofCall: (callee, text) =>
      callee === "expect" && READ_PAGE.test(text)
        ? "a page is read once, as it is by chance: expect.poll"
        : undefined,
  },
  {
    // Whether the row can have the focus depends on what was the newest one when the page drew it.
    concerns: (path) => /^web\//.test(path) && isTest(path),
    ofCall: (callee) =>
      ROW_FOCUS.test(callee)
        ? "a row may take no focus, and the key is lost: focusRow of talk.ts"
        : undefined,
  },
  {
    // A state that never comes hangs the test until its end, which does not say what it waited for.
    concerns: (path) => isTest(path) && !WAITERS.includes(path),
    ofLoop: (body) =>
      /^\{?\s*await (nextTurn|turns|setTimeout|scheduler\.wait|new Promise\(\(\w+\) => setTimeout)\b[^;]*;?\s*\}?$/.test(
        body,
      )
        ? "a loop waits without an end: until(…) of event-loop.ts, or expect.poll"
        : undefined,
  },
  {
    concerns: (path) => isTest(path) && !IMPATIENT.includes(path),
    ofCall: (callee, text) => {
      const short = [...text.matchAll(PATIENCE_FOR_ANSWERS)].filter(
        ([, ms = ""]) => Number(ms.replaceAll("_", "")) < ANSWER_MS,
      );
      return /^(overrideTiming|setTiming)$/.test(callee) && short.length > 0
        ? `who answers has less than ${ANSWER_MS} ms, as who hangs: a busy machine takes longer`
        : undefined;
    },
  },
  {
    concerns: (path) => isTest(path) && !SOUND_BOUNDS.includes(path),
    ofCall: (callee) =>
      BOUND.test(callee) && READ_CLOCK.test(callee)
        ? "a bound of time fails on a slow machine: count the work, or let the clock stand still"
        : undefined,
  },
];

/** The lines of a file on which luck decides. */
export function luckIn(path: string, text: string): Luck[] {
  const rules = RULES.filter(({ concerns }) => concerns(path));
  if (rules.length === 0) return [];
  const found: Luck[] = [];
  const note = (start: number, what: string | undefined) => {
    if (what !== undefined) found.push({ line: text.slice(0, start).split("\n").length, what });
  };
  const { program } = parseSync(path, text);
  const ofLoop = ({ start, body }: { start: number; body: { start: number; end: number } }) => {
    for (const rule of rules) note(start, rule.ofLoop?.(text.slice(body.start, body.end)));
  };
  new Visitor({
    WhileStatement: ofLoop,
    DoWhileStatement: ofLoop,
    CallExpression({ start, end, callee }) {
      const name = text.slice(callee.start, callee.end);
      for (const { ofCall } of rules) note(start, ofCall?.(name, text.slice(start, end)));
    },
    JSXAttribute({ start, end, name }) {
      const called = text.slice(name.start, name.end);
      for (const { ofAttribute } of rules) note(start, ofAttribute?.(called, text.slice(start, end)));
    },
  }).visit(program);
  return found;
}
