import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import type { Completion, Suggested } from "./use-completion.ts";

interface Props<S extends Suggested> {
  completion: Completion<S>;
  /** the field that is completed, which keeps the focus */
  field: RefObject<HTMLTextAreaElement | null>;
  /** what the list is called for screen readers */
  label: string;
  className?: string;
  /** Draws what an option says. */
  option: (suggestion: S) => ReactNode | ReactNode[];
}

/** What may complete the text, while there is anything. `aria-selected` marks the one that Enter takes. */
export function Suggestions<S extends Suggested>({ completion, field, label, className, option }: Props<S>) {
  const { id, suggestions, active, choose } = completion;
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  if (suggestions.length === 0) return null;
  return (
    <div ref={list} id={id} className={className} role="listbox" tabIndex={-1} aria-label={label}>
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
            if (field.current) choose(one, field.current);
          }}
        >
          {option(one)}
        </div>
      ))}
    </div>
  );
}
