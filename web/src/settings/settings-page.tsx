import { chooseLocale, LOCALES, locale, t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { reason } from "../state/problem.ts";
import { href } from "../state/router.ts";
import { chooseSendKey, MOD, SEND_KEYS, sendKey } from "../state/send-key.ts";
import { Page } from "../ui/page.tsx";
import { toast } from "../ui/toasts.tsx";
import { NotificationSettings } from "./notifications.tsx";
import { ProfileForm } from "./profile-form.tsx";
import { Security } from "./security.tsx";
import { signOut } from "./sign-out.ts";
import { THEMES, theme } from "./theme.ts";

/** What the languages call themselves. */
const NAMES = { en: "English", zh: "中文" } as const;

/** What the user sets for this browser, and the end of the session. */
export function SettingsPage() {
  const account = useAccount();
  return (
    <Page title={t("settings.title")} back={href({ view: "home" })}>
      <ProfileForm />
      <fieldset>
        <legend>{t("settings.language")}</legend>
        {LOCALES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="locale"
              checked={locale.value === one}
              onChange={() => {
                chooseLocale(one).catch((error) => toast(reason(error)));
              }}
            />
            <span lang={one}>{NAMES[one]}</span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{t("settings.theme")}</legend>
        {THEMES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="theme"
              checked={theme.value === one}
              onChange={() => {
                theme.value = one;
              }}
            />
            {t(`settings.theme.${one}`)}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{t("composer.sendKey")}</legend>
        {SEND_KEYS.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="send-key"
              checked={sendKey.value === one}
              onChange={() => chooseSendKey(one)}
            />
            {t(`composer.sendKey.${one}`, { key: MOD })}
          </label>
        ))}
      </fieldset>
      <NotificationSettings />
      <Security />
      <button class="secondary" type="button" onClick={() => void signOut(account)}>
        {t("account.signOut")}
      </button>
    </Page>
  );
}
