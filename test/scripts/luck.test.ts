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
