import type { FoundUser } from "parley-client/people";
import { useLayoutEffect, useRef } from "preact/hooks";
import { chooseLocale, LANGUAGES, LOCALES, locale, t } from "../i18n/i18n.ts";
import { menuKeys } from "../lib/menu-keys.ts";
import { nameOf } from "../lib/names.ts";
import { showKeys } from "../settings/show-keys.tsx";
import { signOut } from "../settings/sign-out.ts";
import { THEMES, theme } from "../settings/theme.ts";
import { useAccount } from "../state/context.ts";
import { reason } from "../state/problem.ts";
import { go, type Route } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { LATER } from "../ui/later/icons.ts";
import { place } from "../ui/place.ts";
import { toast } from "../ui/toasts.tsx";

interface Props {
  /** who is signed in; undefined: not known yet */
  self: FoundUser | undefined;
  /** what has opened it, and gets the focus back */
  button: HTMLElement | null;
  onClose: () => void;
}

/** Who is signed in, what they set most, and the way out. */
export function AccountMenu({ self, button, onClose }: Props) {
  const account = useAccount();
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current } = menu;
    if (!current || !button) return;
    current.showPopover();
    place(current, button.getBoundingClientRect(), "left");
    current.querySelector("button")?.focus();
  }, []);
  const close = () => menu.current?.hidePopover();
  const item = (icon: IconName, label: string, act: () => void) => (
    <button
      type="button"
      role="menuitem"
      onClick={() => {
        close();
        act();
      }}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
  const to = (route: Route) => () => go(route);
  return (
    <div
      ref={menu}
      class="menu account-menu"
      popover="auto"
      role="menu"
      aria-label={t("account.menu", { name: self ? nameOf(self) : "" })}
      onKeyDown={(event) => menuKeys(event, menu.current, close)}
      // `toggle` comes later, and so after the next key.
      onBeforeToggle={({ newState }) => {
        const { activeElement: focused } = document;
        if (newState === "closed" && (focused === document.body || menu.current?.contains(focused)))
          button?.focus();
      }}
      onToggle={({ newState }) => newState === "closed" && onClose()}
    >
      {self && (
        <p class="account-self" role="presentation">
          <Avatar id={self.id} name={nameOf(self)} picture={self.avatar} />
          <span>
            <bdi>{nameOf(self)}</bdi>
            <small>@{self.username}</small>
          </span>
        </p>
      )}
      {item("user", t("account.profile"), to({ view: "user", id: account.me }))}
      {item("settings", t("settings.title"), to({ view: "settings", place: "" }))}
      {item(LATER.keyboard, t("keys.title"), showKeys)}
      <hr />
      <fieldset class="menu-choice" aria-label={t("settings.theme")}>
        <span aria-hidden="true">{t("settings.theme")}</span>
        {THEMES.map((one) => (
          <button
            key={one}
            type="button"
            role="menuitemradio"
            aria-checked={theme.value === one}
            onClick={() => {
              theme.value = one;
            }}
          >
            {t(`settings.theme.${one}`)}
          </button>
        ))}
      </fieldset>
      <fieldset class="menu-choice" aria-label={t("settings.language")}>
        <span aria-hidden="true">{t("settings.language")}</span>
        {LOCALES.map((one) => (
          <button
            key={one}
            type="button"
            role="menuitemradio"
            aria-checked={locale.value === one}
            lang={one}
            onClick={() => {
              chooseLocale(one).catch((error) => toast(reason(error)));
            }}
          >
            {LANGUAGES[one]}
          </button>
        ))}
      </fieldset>
      <hr />
      {item(LATER.signOut, t("account.signOut"), () => void signOut(account))}
    </div>
  );
}
