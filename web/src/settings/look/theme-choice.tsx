import { t } from "../../i18n/i18n.ts";
import { Choice } from "../choice.tsx";
import { THEMES, theme } from "../theme.ts";

/** Whether the page is light or dark. */
export function ThemeChoice() {
  return (
    <Choice
      title={t("settings.theme")}
      options={THEMES.map((value) => ({ value, label: t(`settings.theme.${value}`) }))}
      value={theme.value}
      onChoose={(chosen) => {
        theme.value = chosen;
      }}
    />
  );
}
