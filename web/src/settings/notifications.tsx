import { useEffect, useState } from "preact/hooks";
import { CONTENTS, content, loadChoices } from "../attention/choices.ts";
import { playsSound, showNotifications, showsNotifications } from "../attention/settings.ts";
import { playSound } from "../attention/sound.ts";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { QuietHoursSetting } from "./quiet-hours.tsx";

/** Whether the user is notified of messages, what a notification shows, and when there is none. */
export function NotificationSettings() {
  const { chat } = useAccount();
  const [isDenied, setDenied] = useState(false);
  const show = async (wanted: boolean) => setDenied(await showNotifications(wanted));
  // Another device may have chosen something else. Without an answer nothing can be chosen.
  useEffect(() => void loadChoices(chat).catch(() => {}), [chat]);
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
      {showsNotifications.value && (
        <label class="field">
          {t("notify.content")}
          <select
            value={content.value}
            onChange={({ currentTarget }) => {
              content.value = CONTENTS.find((one) => one === currentTarget.value) ?? "full";
            }}
          >
            {CONTENTS.map((one) => (
              <option key={one} value={one}>
                {t(`notify.content.${one}`)}
              </option>
            ))}
          </select>
        </label>
      )}
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
      <QuietHoursSetting />
    </fieldset>
  );
}
