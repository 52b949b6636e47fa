import { useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { useUser } from "../state/use-people.ts";
import { Avatar } from "../ui/avatar.tsx";
import { lazy } from "../ui/lazy.tsx";

const AccountMenu = lazy(async () => (await import("./account-menu.tsx")).AccountMenu);

/** Shows who is signed in, and opens the menu of the account. */
export function AccountButton() {
  const { me } = useAccount();
  const self = useUser(me);
  const wasOpen = useRef(false);
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const name = self ? nameOf(self) : "";
  return (
    <>
      <button
        ref={button}
        type="button"
        class="account-button"
        aria-label={t("account.menu", { name })}
        title={name}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        // A press beside an open menu closes it. What follows on its own button does not open it again.
        onPointerDown={() => {
          wasOpen.current = isOpen;
        }}
        onClick={() => {
          setOpen(!wasOpen.current);
          wasOpen.current = false;
        }}
      >
        <Avatar id={me} name={name} picture={self?.avatar ?? ""} size="small" />
      </button>
      {isOpen && <AccountMenu self={self} button={button.current} onClose={() => setOpen(false)} />}
    </>
  );
}
