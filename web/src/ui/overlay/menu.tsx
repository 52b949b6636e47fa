import { Icon, type IconName } from "../icon.tsx";
import { type Opened, Opener } from "../opener.tsx";
import { MenuBox } from "./menu-box.tsx";

/** What a menu offers. */
export interface MenuItem {
  label: string;
  icon?: IconName;
  /** it takes something away that does not come back */
  isDanger?: boolean;
  /** it begins a group */
  isApart?: boolean;
  /** the key that does the same */
  shortcut?: string;
  onSelect: () => void;
}

interface ItemsProps extends Opened {
  items: readonly MenuItem[];
}

/** What a menu offers, beside its button. */
export function MenuItems({ items, ...opened }: ItemsProps) {
  return (
    <MenuBox {...opened}>
      {(close) =>
        items.map(({ label, icon, isDanger, isApart, shortcut, onSelect }) => (
          <button
            key={label}
            type="button"
            role="menuitem"
            data-danger={isDanger}
            data-apart={isApart}
            onClick={() => {
              close();
              onSelect();
            }}
          >
            {icon && <Icon name={icon} />}
            {label}
            {shortcut && <kbd>{shortcut}</kbd>}
          </button>
        ))
      }
    </MenuBox>
  );
}

interface Props {
  label: string;
  icon?: IconName;
  items: readonly MenuItem[];
}

/** A button that opens a menu, for views that are loaded later. Those of the first load have an `Opener`. */
export function Menu({ items, ...button }: Props) {
  return <Opener {...button}>{(opened) => <MenuItems {...opened} items={items} />}</Opener>;
}
