import { useEffect, useState } from "preact/hooks";
import { choices, chooseLevel, LEVELS, loadChoices } from "../attention/choices.ts";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { reason } from "../state/problem.ts";
import { ProblemText } from "../ui/problem-text.tsx";

/** Which messages of a conversation the user is notified of, on all their devices. */
export function NotificationLevel({ id }: { id: number }) {
  const { chat } = useAccount();
  const [problem, setProblem] = useState("");
  const choose = (chosen: string) => {
    const level = LEVELS.find((one) => one === chosen) ?? "all";
    chooseLevel(chat, id, level).then(
      () => setProblem(""),
      (error) => setProblem(reason(error)),
    );
  };
  useEffect(() => void loadChoices(chat).catch(() => {}), [chat]);
  return (
    <>
      <label class="field">
        {t("notify.level")}
        <select
          value={choices.value?.levels.get(id) ?? "all"}
          disabled={!choices.value}
          onChange={({ currentTarget }) => choose(currentTarget.value)}
        >
          {LEVELS.map((one) => (
            <option key={one} value={one}>
              {t(`notify.level.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <ProblemText text={problem} />
    </>
  );
}
