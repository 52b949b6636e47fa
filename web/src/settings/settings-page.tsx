import { chooseLocale, LANGUAGES, LOCALES, locale, t } from "../i18n/i18n.ts";
import { reason } from "../state/problem.ts";
import { href } from "../state/router.ts";
import { chooseSendKey, MOD, SEND_KEYS, sendKey } from "../state/send-key.ts";
import { Page } from "../ui/page.tsx";
import { toast } from "../ui/toasts.tsx";
import { Bots } from "./bots/bots.tsx";
import { OwnData } from "./data/own-data.tsx";
import { NotificationSettings } from "./notifications.tsx";
import { ProfileForm } from "./profile-form.tsx";
import { Security } from "./security.tsx";
import { DENSITIES, density, THEMES, theme } from "./theme.ts";

/** The profile, what the user sets for this browser, the security of the account, and the user's data. */
export function SettingsPage() {
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
            <span lang={one}>{LANGUAGES[one]}</span>
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
        <legend>{t("settings.density")}</legend>
        {DENSITIES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="density"
              checked={density.value === one}
              onChange={() => {
                density.value = one;
              }}
            />
            {t(`settings.density.${one}`)}
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
      <Bots />
      <OwnData />
    </Page>
  );
}
