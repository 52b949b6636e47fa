import { expect, test } from "vitest";
import { luckIn } from "../../scripts/support/luck.ts";

const PART = "packages/react/src/composer/focus.ts";
const VIEW = "web/src/ui/menu.tsx";

test.each([
  [PART, "useEffect(() => { field.focus(); }, [])", "useEffect takes the focus or a key"],
  [
    VIEW,
    "useEffect(() => ref.current?.querySelector('button')?.focus())",
    "useEffect takes the focus or a key",
  ],
  [VIEW, 'useEffect(() => listen(document, "keydown", close), [])', "useEffect takes the focus or a key"],
  [VIEW, "requestAnimationFrame(() => back.focus())", "requestAnimationFrame takes the focus"],
  [VIEW, "window.setTimeout(() => { back?.focus(); }, 0)", "setTimeout takes the focus"],
  [VIEW, "<div onToggle={() => button.current?.focus()} />", "onToggle moves the focus"],
])("%s: %s", (path, text, what) => {
  expect(luckIn(path, `const a = 1;\n${text};\n`)).toEqual([
    { line: 2, what: expect.stringContaining(what) },
  ]);
});

test.each([
  [PART, 'useLayoutEffect(() => { field.focus(); document.addEventListener("keydown", on); }, [])'],
  [VIEW, "useEffect(() => window?.focus(), [window])"],
  [VIEW, "requestAnimationFrame(() => element.scrollIntoView())"],
  [VIEW, "<div onBeforeToggle={() => button.current?.focus()} />"],
  ["src/index.ts", "useEffect(() => { field.focus(); }, [])"],
])("no luck in %s: %s", (path, text) => {
  expect(luckIn(path, text)).toEqual([]);
});

const TEST = "packages/client/test/talk.test.ts";
const PAGE = "web/test/stories/talk.test.ts";

test.each([
  [TEST, "await vi.waitFor(() => expect(shown).toBe(1))", "vi.waitFor waits in its own way"],
  [TEST, "await vi.waitUntil(() => isShown)", "vi.waitUntil waits in its own way"],
  [PAGE, "expect(await row(page).count()).toBe(0)", "a page is read once"],
  [PAGE, "expect((await field.inputValue()).trim()).toBe('map')", "a page is read once"],
  [PAGE, "expect([look, await page.evaluate(() => innerWidth)]).toEqual([])", "a page is read once"],
  [PAGE, 'await stored(page, "First").focus()', "a row may take no focus"],
  [PAGE, 'await stored(page, "First").first().press("Enter")', "a row may take no focus"],
  [TEST, "while (!isShown) await nextTurn(1)", "a loop waits without an end"],
  [TEST, "do { await new Promise((resolve) => setTimeout(resolve, 20)); } while (!isShown)", "a loop waits"],
  ["test/support/gate.ts", "while (this.isHeld) { await nextTurn(5); }", "a loop waits without an end"],
  [TEST, "overrideTiming({ hooks: { retryUnitMs: 1, answerMs: 300 } })", "who answers has less than 2000 ms"],
  [TEST, "expect(Date.now() - began).toBeLessThan(5_000)", "a bound of time"],
  [TEST, "expect(performance.now() - began, 'soon').toBeLessThanOrEqual(20)", "a bound of time"],
])("%s: %s", (path, text, what) => {
  expect(luckIn(path, `const a = 1;\n${text};\n`)).toEqual([
    { line: 2, what: expect.stringContaining(what) },
  ]);
});

test.each([
  ["test/support/eventually.ts", "vi.waitFor(holds, { timeout: 20_000 })"],
  [TEST, "while (!isOver) { await send(id); await nextTurn(); }"],
  [TEST, "expect(items.length).toBeLessThan(5)"],
  [PAGE, "await expect.poll(() => row(page).count()).toBe(0)"],
  [PAGE, "await stored(page, 'First').getByRole('button').press('Enter')"],
  [PAGE, "expect(await post(url, { text: 'late' })).toBe(404)"],
  [TEST, "overrideTiming({ linkPreviews: { fetchMs: 2_000 }, presence: { graceMs: 10 } })"],
  ["test/unit/objects/fanout.test.ts", "expect(Date.now() - began).toBeLessThan(100)"],
])("no luck in %s: %s", (path, text) => {
  expect(luckIn(path, text)).toEqual([]);
});
