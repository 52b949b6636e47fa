import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { useUser } from "../state/use-people.ts";
import { Avatar } from "../ui/avatar.tsx";
import { lazy } from "../ui/lazy.tsx";
import { useOpener } from "../ui/opener.tsx";

const AccountMenu = lazy(async () => (await import("./account-menu.tsx")).AccountMenu);

/** Shows who is signed in, and opens the menu of the account. */
export function AccountButton() {
  const { me } = useAccount();
  const self = useUser(me);
  const { button, attributes, isOpen, onClose } = useOpener("menu");
  const name = self ? nameOf(self) : "";
  const label = t("account.menu", { name });
  return (
    <>
      <button
        ref={button}
        type="button"
        class="account-button"
        aria-label={label}
        title={name}
        {...attributes}
      >
        <Avatar id={me} name={name} picture={self?.avatar ?? ""} size="small" />
      </button>
      {isOpen && <AccountMenu self={self} label={label} button={button.current} onClose={onClose} />}
    </>
  );
}
