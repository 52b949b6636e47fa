import type { ButtonHTMLAttributes } from "preact";
import { Icon, type IconName } from "./icon.tsx";

type Props = Omit<ButtonHTMLAttributes, "label" | "icon"> & { icon: IconName; label: string };

/**
 * A button that shows an icon alone.
 * @param props `label`: what it does, for screen readers and as its title
 */
export function IconButton({ icon, label, ...rest }: Props) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
