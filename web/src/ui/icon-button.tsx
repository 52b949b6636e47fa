import type { ButtonHTMLAttributes, Ref } from "preact";
import { Icon, type IconName } from "./icon.tsx";

type Props = Omit<ButtonHTMLAttributes, "label" | "icon"> & {
  icon: IconName;
  label: string;
  buttonRef?: Ref<HTMLButtonElement>;
};

/**
 * A button that shows an icon alone.
 * @param props `label`: what it does, for screen readers and as its title
 */
export function IconButton({ icon, label, buttonRef = null, ...rest }: Props) {
  return (
    <button ref={buttonRef} type="button" class="icon-button" aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
