import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { locale, t } from "../../i18n/i18n.ts";
import { hasKeyboard, isComposing } from "../../lib/system/keyboard.ts";
import { type Emoji, findEmoji, GROUPS, loadEmoji, toned } from "./emoji.ts";
import { chooseTone, notePicked, recentEmoji, skinTone } from "./picked.ts";

/** So many emoji are shown of a search. */
const MAX_FOUND = 120;
/** What stands for each group in the row that leads to them. */
const SIGNS = ["😀", "👋", "🐻", "🍎", "🚗", "⚽", "💡", "❤️", "🏁"];
const TONES = [0, 1, 2, 3, 4, 5] as const;
const HAND: Emoji = { text: "✋", label: "", names: [], words: "", hasTones: true };

interface Props {
  /** @param emoji one emoji, in the skin tone of the user */
  onPick: (emoji: string) => void;
}

/** All emoji, by group, with a search. The focus begins in the search; the arrow keys lead through them. */
export function EmojiPicker({ onPick }: Props) {
  const [groups, setGroups] = useState<readonly (readonly Emoji[])[]>([]);
  const [query, setQuery] = useState("");
  const [hasFailed, setFailed] = useState(false);
  const picker = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const id = useId();
  const language = locale.value;
  useLayoutEffect(() => {
    loadEmoji().then(setGroups, () => setFailed(true));
    if (hasKeyboard()) search.current?.focus();
  }, [language]);

  const pick = (text: string) => {
    notePicked(text);
    onPick(text);
  };
  const found = query.trim() ? findEmoji(groups, query, MAX_FOUND) : [];
  const recent = recentEmoji.value;
  const draw = (one: Emoji) => {
    const text = toned(one, skinTone.value);
    return <EmojiButton key={one.text} text={text} label={one.label} onPick={pick} />;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const { activeElement: focused } = document;
    const buttons = [...(picker.current?.querySelectorAll<HTMLElement>(".emoji-grid button") ?? [])];
    const at = focused instanceof HTMLElement ? buttons.indexOf(focused) : -1;
    const isInSearch = focused === search.current;
    if (isInSearch && event.key === "Enter") {
      event.preventDefault();
      const [first] = found;
      if (first) pick(toned(first, skinTone.value));
      return;
    }
    if (!isInSearch && at < 0) return;
    const to = next(buttons, at, event.key);
    if (to === undefined) return;
    event.preventDefault();
    if (to === "search") search.current?.focus();
    else to.focus();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys of what is in it come up to here
    <div ref={picker} class="emoji-picker" onKeyDown={onKeyDown}>
      <div class="emoji-top">
        <input
          ref={search}
          type="search"
          value={query}
          placeholder={t("emoji.search")}
          aria-label={t("emoji.search")}
          onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        />
        <select
          aria-label={t("emoji.tone")}
          value={skinTone.value}
          onChange={({ currentTarget }) => chooseTone(Number(currentTarget.value))}
        >
          {TONES.map((tone) => (
            <option key={tone} value={tone} aria-label={t(`emoji.tone.${tone}`)}>
              {toned(HAND, tone)}
            </option>
          ))}
        </select>
      </div>
      <nav class="emoji-groups" aria-label={t("emoji.groups")}>
        {GROUPS.map((group, i) => (
          <button
            key={group}
            type="button"
            title={t(`emoji.${group}`)}
            aria-label={t(`emoji.${group}`)}
            onClick={() => {
              setQuery("");
              // The groups are drawn again before they can be led to.
              requestAnimationFrame(() => document.getElementById(`${id}-${group}`)?.scrollIntoView());
            }}
          >
            {SIGNS[i]}
          </button>
        ))}
      </nav>
      <section class="emoji-grid" aria-label={t("emoji.all")}>
        {hasFailed && <p class="blank">{t("problem.no_answer")}</p>}
        {query.trim() ? (
          <div>
            <div class="emoji-cells">{found.map(draw)}</div>
            {groups.length > 0 && found.length === 0 && <p class="blank">{t("emoji.none")}</p>}
          </div>
        ) : (
          <>
            {recent.length > 0 && (
              <div>
                <h3>{t("emoji.recent")}</h3>
                <div class="emoji-cells">
                  {recent.map((text) => (
                    <EmojiButton key={text} text={text} label={text} onPick={pick} />
                  ))}
                </div>
              </div>
            )}
            {groups.map((group, i) => (
              <div key={GROUPS[i]} id={`${id}-${GROUPS[i]}`} class="emoji-group">
                <h3>{t(`emoji.${GROUPS[i] ?? "symbols"}`)}</h3>
                <div class="emoji-cells">{group.map(draw)}</div>
              </div>
            ))}
          </>
        )}
      </section>
      <p class="visually-hidden" role="status">
        {query.trim() && t("emoji.found", { n: found.length })}
      </p>
    </div>
  );
}

interface EmojiButtonProps {
  text: string;
  label: string;
  onPick: (text: string) => void;
}

function EmojiButton({ text, label, onPick }: EmojiButtonProps) {
  return (
    <button type="button" tabIndex={-1} title={label} aria-label={label} onClick={() => onPick(text)}>
      {text}
    </button>
  );
}

/** Where a key leads from a button. @param at its place; -1: the search */
function next(buttons: HTMLElement[], at: number, key: string): HTMLElement | "search" | undefined {
  const here = buttons[at];
  if (!here) return key === "ArrowDown" ? buttons[0] : undefined;
  const step = getComputedStyle(here).direction === "rtl" ? -1 : 1;
  if (key === "ArrowRight") return buttons[at + step];
  if (key === "ArrowLeft") return buttons[at - step] ?? "search";
  if (key === "Home") return buttons[0];
  if (key === "End") return buttons.at(-1);
  const { left, top } = here.getBoundingClientRect();
  const isAt = (one: HTMLElement) => Math.abs(one.getBoundingClientRect().left - left) < 4;
  if (key === "ArrowDown")
    return buttons.slice(at + 1).find((one) => isAt(one) && one.getBoundingClientRect().top > top + 4);
  if (key === "ArrowUp")
    return (
      buttons.slice(0, at).findLast((one) => isAt(one) && one.getBoundingClientRect().top < top - 4) ??
      "search"
    );
  return undefined;
}
