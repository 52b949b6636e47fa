import { useState } from "preact/hooks";
import { playsSound, showNotifications, showsNotifications } from "../attention/settings.ts";
import { playSound } from "../attention/sound.ts";
import { t } from "../i18n/i18n.ts";

/** Whether the page notifies the user of messages while it is open, and by what. */
export function NotificationSettings() {
  const [isDenied, setDenied] = useState(false);
  const show = async (wanted: boolean) => setDenied(await showNotifications(wanted));
  return (
    <fieldset>
      <legend>{t("notify.title")}</legend>
      {"Notification" in window && (
        <label>
          <input
            type="checkbox"
            checked={showsNotifications.value}
            onChange={({ currentTarget }) => void show(currentTarget.checked)}
          />
          {t("notify.show")}
        </label>
      )}
      {isDenied && <p class="problem">{t("notify.denied")}</p>}
      <label>
        <input
          type="checkbox"
          checked={playsSound.value}
          onChange={({ currentTarget: { checked } }) => {
            playsSound.value = checked;
            if (checked) playSound();
          }}
        />
        {t("notify.sound")}
      </label>
    </fieldset>
  );
}
