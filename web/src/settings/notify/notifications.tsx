import { useEffect, useState } from "preact/hooks";
import { CONTENTS, content, loadChoices } from "../../attention/choices.ts";
import { playsSound, showNotifications, showsNotifications } from "../../attention/settings.ts";
import { playSound } from "../../attention/sound.ts";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { QuietHoursSetting } from "./quiet-hours.tsx";
import { Switch } from "./switch.tsx";

/** Whether the user is notified of messages, what a notification shows, and when there is none. */
export function NotificationSettings() {
  const { chat } = useAccount();
  const [isDenied, setDenied] = useState(false);
  const show = async (wanted: boolean) => setDenied(await showNotifications(wanted));
  // Another device may have chosen something else. Without an answer nothing can be chosen.
  useEffect(() => void loadChoices(chat).catch(() => {}), [chat]);
  return (
    <>
      {"Notification" in window && (
        <div class="card">
          <Switch
            label={t("notify.show")}
            hint={t("notify.showHint")}
            isOn={showsNotifications.value}
            onSwitch={(wanted) => void show(wanted)}
          />
          <ProblemText text={isDenied ? t("notify.denied") : ""} />
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
        </div>
      )}
      <div class="card">
        <Switch
          label={t("notify.sound")}
          hint={t("notify.soundHint")}
          isOn={playsSound.value}
          onSwitch={(wanted) => {
            playsSound.value = wanted;
            if (wanted) playSound();
          }}
        />
      </div>
      <div class="card">
        <QuietHoursSetting />
      </div>
    </>
  );
}
