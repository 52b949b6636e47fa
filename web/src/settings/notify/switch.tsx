import { useId } from "preact/hooks";

interface Props {
  label: string;
  /** what it does, below its label */
  hint: string;
  isOn: boolean;
  disabled?: boolean;
  onSwitch: (isOn: boolean) => void;
}

/** Something that is on or off. */
export function Switch({ label, hint, isOn, disabled, onSwitch }: Props) {
  const id = useId();
  return (
    <div class="switch">
      <label>
        <input
          type="checkbox"
          checked={isOn}
          disabled={disabled}
          aria-describedby={id}
          onChange={({ currentTarget }) => onSwitch(currentTarget.checked)}
        />
        {label}
      </label>
      <small id={id}>{hint}</small>
    </div>
  );
}
