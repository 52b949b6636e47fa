import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "../icon.tsx";

interface Props {
  icon: IconName;
  /** one sentence: what is not here, or how it comes here */
  text: string;
  /** what the user can do about it */
  children?: ComponentChildren;
}

/** What stands in the place of a view or a list that has nothing to show. */
export function Empty({ icon, text, children }: Props) {
  return (
    <div class="blank">
      <Icon name={icon} />
      <p>{text}</p>
      {children}
    </div>
  );
}
