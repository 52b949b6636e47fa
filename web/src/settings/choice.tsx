import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { ProblemText } from "../ui/problem-text.tsx";

interface Option<T> {
  value: T;
  label: ComponentChildren;
}

interface Props<T> {
  title: string;
  options: readonly Option<T>[];
  value: T;
  onChoose: (value: T) => void;
  /** what follows from the choice */
  hint?: string;
  problem?: string | undefined;
}

/** A decision of the user, one of a few, in a card of its own. */
export function Choice<T extends string>({ title, options, value, onChoose, hint, problem }: Props<T>) {
  const name = useId();
  return (
    <fieldset class="card">
      <legend>{title}</legend>
      {options.map((one) => (
        <label key={one.value}>
          <input
            type="radio"
            name={name}
            checked={one.value === value}
            onChange={() => onChoose(one.value)}
          />
          {one.label}
        </label>
      ))}
      {hint && <small>{hint}</small>}
      <ProblemText text={problem} />
    </fieldset>
  );
}
