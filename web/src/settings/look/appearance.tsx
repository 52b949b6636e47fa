import { chooseLocale, LANGUAGES, LOCALES, locale, t } from "../../i18n/i18n.ts";
import { reason } from "../../state/problem.ts";
import { chooseSendKey, MOD, SEND_KEYS, sendKey } from "../../state/send-key.ts";
import { toast } from "../../ui/toasts.tsx";
import { Choice } from "../choice.tsx";
import { DENSITIES, density } from "../theme.ts";
import { ThemeChoice } from "./theme-choice.tsx";

/** How this browser shows the page, and what its keyboard does. */
export function Appearance() {
  return (
    <>
      <ThemeChoice />
      <Choice
        title={t("settings.density")}
        options={DENSITIES.map((value) => ({ value, label: t(`settings.density.${value}`) }))}
        value={density.value}
        onChoose={(chosen) => {
          density.value = chosen;
        }}
      />
      <Choice
        title={t("settings.language")}
        options={LOCALES.map((value) => ({ value, label: <span lang={value}>{LANGUAGES[value]}</span> }))}
        value={locale.value}
        onChoose={(chosen) => {
          chooseLocale(chosen).catch((error) => toast(reason(error)));
        }}
      />
      <Choice
        title={t("composer.sendKey")}
        options={SEND_KEYS.map((value) => ({ value, label: t(`composer.sendKey.${value}`, { key: MOD }) }))}
        value={sendKey.value}
        onChoose={chooseSendKey}
      />
    </>
  );
}
