import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { Avatar } from "../../ui/avatar.tsx";
import type { Suggestion } from "./suggest.ts";

interface Props {
  id: string;
  suggestions: readonly Suggestion[];
  active: number;
  onChoose: (suggestion: Suggestion) => void;
}

/** What may complete the text, above the field, which keeps the focus. */
export function Suggestions({ id, suggestions, active, onChoose }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.children[active]?.scrollIntoView({ block: "nearest" }), [active]);
  return (
    <div
      ref={list}
      id={id}
      class="suggestions"
      role="listbox"
      tabIndex={-1}
      aria-label={t("composer.suggestions")}
    >
      {suggestions.map((one, i) => (
        <div
          key={one.key}
          id={`${id}-${i}`}
          role="option"
          tabIndex={-1}
          aria-selected={i === active}
          onMouseDown={(event) => {
            // The field keeps the focus.
            event.preventDefault();
            onChoose(one);
          }}
        >
          {one.user && <Avatar {...one.user} size="small" />}
          {one.emoji && <span class="emoji">{one.emoji}</span>}
          {!one.user && !one.emoji && <span class="emoji">@</span>}
          <bdi>{one.label}</bdi>
          <small>{one.detail}</small>
        </div>
      ))}
    </div>
  );
}
