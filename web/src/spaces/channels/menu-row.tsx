import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { whenReleased } from "../../ui/gestures/released.ts";
import { useLongPress } from "../../ui/gestures/use-long-press.ts";
import { Menu, type MenuItem } from "../../ui/overlay/menu.tsx";

interface Props {
  /** of what the menu is */
  name: string;
  /** none: there is no menu */
  items: readonly MenuItem[];
  children: ComponentChildren;
}

/** A row with a menu: by a button that shows while one points at the row, a long press or a right click. */
export function MenuRow({ name, items, children }: Props) {
  const row = useRef<HTMLDivElement>(null);
  const [isHeld, setHeld] = useState(false);
  const open = () => {
    setHeld(true);
    whenReleased(() => {
      setHeld(false);
      row.current?.querySelector<HTMLElement>("[aria-haspopup]")?.click();
    });
  };
  const touch = useLongPress(open);
  const handlers = {
    ...touch,
    onContextMenu: (event: Event) => {
      touch.onContextMenu(event);
      if (event.defaultPrevented) return;
      event.preventDefault();
      open();
    },
  };
  const hasMenu = items.length > 0;
  return (
    <div ref={row} class={hasMenu ? "menu-row" : undefined} data-held={isHeld} {...(hasMenu && handlers)}>
      {children}
      {hasMenu && <Menu label={t("list.actions", { name })} items={items} />}
    </div>
  );
}
