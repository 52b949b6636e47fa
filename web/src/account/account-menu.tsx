import type { FoundUser } from "parley-client/people";
import { chooseLocale, LANGUAGES, LOCALES, locale, t } from "../i18n/i18n.ts";
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
import type { Opened } from "../ui/opener.tsx";
import { MenuBox } from "../ui/overlay/menu-box.tsx";
import { toast } from "../ui/toasts.tsx";

interface Props extends Opened {
  /** who is signed in; undefined: not known yet */
  self: FoundUser | undefined;
}

/** Who is signed in, what they set most, and the way out. */
export function AccountMenu({ self, ...opened }: Props) {
  const account = useAccount();
  const item = (close: () => void, icon: IconName, label: string, act: () => void) => (
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
    <MenuBox {...opened} of="account-menu" edge="left">
      {(close) => (
        <>
          {self && (
            <p class="account-self" role="presentation">
              <Avatar id={self.id} name={nameOf(self)} picture={self.avatar} />
              <span>
                <bdi>{nameOf(self)}</bdi>
                <small>@{self.username}</small>
              </span>
            </p>
          )}
          {item(close, LATER.user, t("account.profile"), to({ view: "user", id: account.me }))}
          {item(close, LATER.settings, t("settings.title"), to({ view: "settings", place: "" }))}
          {item(close, LATER.keyboard, t("keys.title"), showKeys)}
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
          {item(close, LATER.signOut, t("account.signOut"), () => void signOut(account))}
        </>
      )}
    </MenuBox>
  );
}
